using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Search;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Ckan;

/// <summary>What the interface says of itself, and the small lists.</summary>
internal static class CkanSite
{
    /// <summary>The release of CKAN whose clients this was made for.</summary>
    private const string Version = "2.11.5";

    internal static Task<object?> StatusAsync(CkanCall call) => Task.FromResult<object?>(new JsonObject
    {
        ["site_title"] = Text.Of("open-data.ckan.site-title"),
        ["site_description"] = Text.Of("open-data.ckan.site-description"),
        ["site_url"] = call.Base,
        ["ckan_version"] = Version,
        ["error_emails_to"] = null,
        ["locale_default"] = "zh_Hans_CN",
        ["extensions"] = new JsonArray("datastore"),
    });

    internal static Task<object?> HelpAsync(CkanCall call)
    {
        var name = call.Parameters.Required("name");
        call.Parameters.Check();
        var action = CkanActions.Find(name) ?? throw CkanFault.NotFound("Action function not found");
        var does = action.Refusal is { } refusal ? Text.Of($"open-data.ckan.{refusal}", $"{call.Base}/work") : Text.Of($"open-data.ckan.help.{name}");
        return Task.FromResult<object?>(JsonValue.Create(action.Parameters.Count == 0 ? does : $"{does}\n\n{Text.Of("open-data.ckan.parameters", string.Join(", ", action.Parameters))}"));
    }

    internal static Task<object?> LicencesAsync(CkanCall call) => Task.FromResult<object?>(new JsonArray([.. Licence.All.Select(l => new JsonObject
    {
        ["id"] = l.Id,
        ["title"] = l.Title,
        ["url"] = CkanPackages.AddressOf(call, l),
        ["status"] = "active",
        ["family"] = "",
        ["maintainer"] = "",
        ["is_generic"] = "False",
        ["domain_content"] = "False",
        ["domain_data"] = l.IsOpen ? "True" : "False",
        ["domain_software"] = "False",
        ["od_conformance"] = l.IsOpen ? "approved" : "rejected",
        ["osd_conformance"] = "not reviewed",
    })]));

    internal static async Task<object?> FormatsAsync(CkanCall call)
    {
        var q = call.Parameters.Required("q");
        var limit = call.Parameters.Natural("limit") ?? 5;
        call.Parameters.Check();
        var counts = CkanTags.Counted(await CkanPackages.Public(call.Db).GroupBy(d => d.FormatList).Select(g => new CkanTags.BarList(g.Key, g.Count())).ToListAsync(call.Ct));
        return new JsonArray([.. counts.Where(c => c.Key.Contains(Bigrams.Fold(q), StringComparison.OrdinalIgnoreCase)).OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal)
            .Take(limit).Select(c => (JsonNode)JsonValue.Create(c.Key.ToLowerInvariant()))]);
    }

    /// <summary>Anything that needs no parameter and is always the same.</summary>
    internal static Func<CkanCall, Task<object?>> Always(Func<JsonNode> value) => _ => Task.FromResult<object?>(value());

    /// <summary>The same, of a thing that must be named.</summary>
    internal static Func<CkanCall, Task<object?>> Of(string parameter, Func<JsonNode> value) => call =>
    {
        call.Parameters.Required(parameter);
        call.Parameters.Check();
        return Task.FromResult<object?>(value());
    };

    /// <summary>What nobody may read here.</summary>
    internal static Task<object?> ForbiddenAsync(CkanCall _) => throw CkanFault.Forbidden();

    /// <summary>A thing of a kind that is not here: people are not shown, vocabularies do not exist.</summary>
    internal static Task<object?> NothingAsync(CkanCall call)
    {
        call.Parameters.Required("id");
        call.Parameters.Check();
        throw CkanFault.NotFound();
    }

    /// <summary>A change that the caller may not make, or nobody here: the text says where it is made.</summary>
    internal static CkanFault Elsewhere(CkanCall call, string text) => CkanFault.Forbidden(Text.Of($"open-data.ckan.{text}", $"{call.Base}/work"));
}
