using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Zhengtong.Catalogue;
using Zhengtong.Catalogue.Model;
using Zhengtong.Cloud.Model;

namespace Zhengtong.Cloud.OpenStack;

/// <summary>A flavor is a plan of a published cloud service whose resources are instances; its id is <c>SERVICE.PLAN</c>. What the plan leaves to choose is the least.</summary>
/// <param name="Service">The published version.</param>
/// <param name="Plan">The plan.</param>
internal sealed record Flavor(ServiceCard Service, ServicePlan Plan)
{
    internal string Id => IdOf(Service.Code, Plan.Code);

    internal static string IdOf(string service, string plan) => $"{service}.{plan}";

    internal JsonObject Named(string root) => new() { ["id"] = Id, ["name"] = Id, ["links"] = Servers.Links($"{root}/compute/v2.1/flavors/{Id}") };

    internal JsonObject Shown(string root)
    {
        var amounts = Plan.Amounts.Select(a => new ResourceAmount(a.Kind, a.Least)).ToList();
        var shown = Named(root);
        (shown["vcpus"], shown["ram"], shown["disk"], shown["swap"]) = (Servers.Cores(amounts), amounts.Get("memory"), amounts.Get("disk"), "");
        (shown["OS-FLV-EXT-DATA:ephemeral"], shown["OS-FLV-DISABLED:disabled"], shown["os-flavor-access:is_public"], shown["rxtx_factor"]) = (0, false, true, 1.0);
        shown["extra_specs"] = Specs;
        return shown;
    }

    /// <summary>What people call it, and what of it may be chosen.</summary>
    internal JsonObject Specs
    {
        get
        {
            var specs = new JsonObject { ["zhengtong:service"] = Service.Name, ["zhengtong:plan"] = Plan.Name };
            foreach (var amount in Plan.Amounts.Where(a => !a.IsFixed)) { specs[$"zhengtong:{amount.Kind}"] = $"{amount.Least}-{amount.Most}/{amount.Step}"; }
            return specs;
        }
    }
}

/// <summary>What an instance may be made from: named by the plans, known to the engines.</summary>
internal static class Images
{
    /// <summary>An id for a name that any client takes: the first 16 bytes of its digest.</summary>
    internal static Guid IdOf(string name) => new(SHA256.HashData(Encoding.UTF8.GetBytes($"zhengtong-image:{name}")).AsSpan(0, 16));

    internal static IReadOnlyList<string> Of(IEnumerable<Flavor> flavors) => [.. flavors.SelectMany(f => f.Plan.Images).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    internal static JsonObject Shown(string name)
    {
        var id = IdOf(name);
        return new JsonObject
        {
            ["id"] = $"{id}", ["name"] = name, ["status"] = "active", ["visibility"] = "public", ["protected"] = true, ["os_hidden"] = false, ["container_format"] = "bare", ["disk_format"] = "raw", ["size"] = null, ["checksum"] = null,
            ["min_disk"] = 0, ["min_ram"] = 0, ["tags"] = new JsonArray(), ["owner"] = null, ["self"] = $"/v2/images/{id}", ["file"] = $"/v2/images/{id}/file", ["schema"] = "/v2/schemas/image",
        };
    }
}

/// <summary>What may be ordered now.</summary>
internal static class Offers
{
    internal static async Task<IReadOnlyList<Flavor>> FlavorsAsync(CloudServiceLookup services, CancellationToken ct) =>
        [.. (await services.PublishedAsync(ct)).Where(s => s.Form == ServiceForm.Instance).SelectMany(s => s.Plans.Select(p => new Flavor(s, p))).OrderBy(f => f.Id, StringComparer.Ordinal)];
}
