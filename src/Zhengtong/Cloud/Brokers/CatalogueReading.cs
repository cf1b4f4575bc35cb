using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;

namespace Zhengtong.Cloud.Brokers;

/// <summary>Reads a broker's catalogue: unknown members are passed over, what the specification demands must be there.</summary>
internal static class CatalogueReading
{
    private const int MostOfferings = 500;
    private const int MostPlans = 200;
    private const int MostFaults = 50;
    private const int LongestId = 200;
    private const int LongestDescription = 500;

    /// <summary>The catalogue, or what is wrong with it: sentences in the reader's language, at most 50.</summary>
    internal static (BrokerCatalogue? Catalogue, IReadOnlyList<string> Faults) Read(JsonElement body)
    {
        var faults = new List<string>();
        if (!body.TryGetProperty("services", out var services) || services.ValueKind != JsonValueKind.Array) { return (null, [Text.Of("cloud.broker.no-services")]); }
        if (services.GetArrayLength() > MostOfferings) { return (null, [Text.Of("cloud.broker.too-many", MostOfferings)]); }
        var (ids, names, offerings) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal), new List<BrokerOffering>());
        foreach (var (place, service) in services.EnumerateArray().Index())
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"services[{place}]");
            if (Said(service, path, ids, faults) is not var (id, name, description)) { continue; }
            if (!names.Add(name)) { faults.Add(Text.Of("cloud.broker.name-twice", path, name)); }
            if (Flag(service, "bindable") is not { } bindable) { faults.Add(Text.Of("cloud.broker.missing", path, "bindable")); continue; }
            if (!service.TryGetProperty("plans", out var plans) || plans.ValueKind != JsonValueKind.Array || plans.GetArrayLength() is 0 or > MostPlans)
            {
                faults.Add(Text.Of("cloud.broker.missing", path, "plans"));
                continue;
            }

            var (planNames, read) = (new HashSet<string>(StringComparer.Ordinal), new List<BrokerPlan>());
            foreach (var (at, plan) in plans.EnumerateArray().Index())
            {
                var planPath = string.Create(CultureInfo.InvariantCulture, $"{path}.plans[{at}]");
                if (Said(plan, planPath, ids, faults) is not var (planId, planName, planDescription)) { continue; }
                if (!planNames.Add(planName)) { faults.Add(Text.Of("cloud.broker.name-twice", planPath, planName)); }
                read.Add(new BrokerPlan(planId, planName, planDescription, Flag(plan, "free") ?? true, Flag(plan, "bindable") ?? bindable, Flag(plan, "plan_updateable") ?? Flag(service, "plan_updateable") ?? false,
                    plan.TryGetProperty("maximum_polling_duration", out var seconds) && seconds.ValueKind == JsonValueKind.Number && seconds.TryGetInt32(out var s) && s > 0 ? Math.Min(s, 7 * 86400) : null,
                    plan.TryGetProperty("maintenance_info", out var info) && info.ValueKind == JsonValueKind.Object && Word(info, "version") is { Length: > 0 and <= 100 } version ? version : null));
            }

            offerings.Add(new BrokerOffering(id, name, description, bindable, Flag(service, "instances_retrievable") ?? false, Flag(service, "bindings_retrievable") ?? false, read));
        }

        return faults.Count > 0 ? (null, [.. faults.Take(MostFaults)]) : (new BrokerCatalogue(offerings), []);
    }

    /// <summary>Lower-case hex SHA-256 of a catalogue.</summary>
    internal static string DigestOf(BrokerCatalogue catalogue) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(CanonicalJson.Of(catalogue))));

    private static (string Id, string Name, string Description)? Said(JsonElement thing, string path, HashSet<string> ids, List<string> faults)
    {
        if (thing.ValueKind != JsonValueKind.Object)
        {
            faults.Add(Text.Of("cloud.broker.no-object", path));
            return null;
        }

        var before = faults.Count;
        foreach (var member in new[] { "id", "name", "description" })
        {
            if (Word(thing, member) is not { Length: > 0 } word || (member != "description" && (word.Length > LongestId || word.Any(char.IsControl)))) { faults.Add(Text.Of("cloud.broker.missing", path, member)); }
        }

        if (faults.Count > before) { return null; }
        var (id, description) = (Word(thing, "id")!, Word(thing, "description")!);
        if (!ids.Add(id)) { faults.Add(Text.Of("cloud.broker.id-twice", path, id)); }
        return (id, Word(thing, "name")!, new string([.. description.Where(c => !char.IsControl(c) && !char.IsSurrogate(c)).Take(LongestDescription)]));
    }

    private static string? Word(JsonElement thing, string member) => thing.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool? Flag(JsonElement thing, string member) =>
        thing.TryGetProperty(member, out var value) ? value.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null } : null;
}
