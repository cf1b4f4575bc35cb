using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.OpenStack;

/// <summary>A project is a business system of the caller's department that is in use; there is one domain, <c>default</c>.</summary>
internal static class Projects
{
    internal const string Domain = "default";
    private const string DomainName = "Default";

    internal static JsonObject DomainShown => new() { ["id"] = Domain, ["name"] = DomainName };

    internal static IQueryable<BusinessSystem> Of(ZhengtongDb db, Actor actor) => db.BusinessSystems.AsNoTracking().Where(s => s.OrganisationId == actor.Organisation && s.RetiredAt == null);

    /// <summary>The project that the caller's token is for; or why there is none.</summary>
    internal static async Task<(BusinessSystem? Project, OpenStackRefusal? Refusal)> ScopedAsync(HttpContext http, Actor actor, ZhengtongDb db, CancellationToken ct)
    {
        if (!Guid.TryParse(http.User.FindFirstValue(ProjectTokenScheme.ProjectClaim), out var id)) { return (null, OpenStackRefusal.Forbidden(Text.Of("cloud.openstack.unscoped"))); }
        var project = await Of(db, actor).SingleOrDefaultAsync(s => s.Id == id, ct);
        return project is null ? (null, OpenStackRefusal.Forbidden(Text.Of("cloud.openstack.project-gone"))) : (project, null);
    }

    /// <summary>Whether a domain that a client names is the one there is; not naming it is naming it.</summary>
    internal static bool IsDomain(JsonElement holder) => holder.At("domain") is not { } named
        || (named.TextAt("id") is { } id ? id == Domain : string.Equals(named.TextAt("name"), DomainName, StringComparison.OrdinalIgnoreCase));

    internal static JsonObject Shown(BusinessSystem s, string root) => new()
    {
        ["id"] = $"{s.Id:N}", ["name"] = s.Name, ["description"] = s.Purpose, ["domain_id"] = Domain, ["parent_id"] = Domain, ["enabled"] = true, ["is_domain"] = false, ["tags"] = new JsonArray(), ["options"] = new JsonObject(),
        ["links"] = new JsonObject { ["self"] = $"{root}/identity/v3/projects/{s.Id:N}" },
    };
}
