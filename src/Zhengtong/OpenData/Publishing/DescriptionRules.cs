using System.Text.RegularExpressions;
using Zhengtong.Catalogue;
using Zhengtong.Catalogue.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Regions;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Publishing;

/// <summary>What attributes cannot say of a description, all at once.</summary>
internal static partial class DescriptionRules
{
    private static readonly string[] Reserved = ["new", "edit", "search"];

    /// <summary>True for what may be the last part of a dataset's address.</summary>
    internal static bool IsName(string name) => Name().IsMatch(name) && !Reserved.Contains(name);

    /// <summary>Faults by field, as on the wire.</summary>
    /// <param name="body">The description.</param>
    /// <param name="resource">The information resource it is opened from; null for none.</param>
    /// <param name="prefix">What stands before each field: <c>description.</c>.</param>
    internal static Dictionary<string, string[]> FaultsOf(DatasetDescriptionBody body, ResourceCard? resource, string prefix = "description.")
    {
        var faults = new Dictionary<string, string[]>();
        if (Licence.Find(body.Licence) is null) { faults[prefix + "licence"] = [Text.Of("open-data.publishing.licence-unknown")]; }
        if (body.Themes.Any(t => Theme.Find(t) is null) || body.Themes.Distinct(StringComparer.Ordinal).Count() < body.Themes.Count) { faults[prefix + "themes"] = [Text.Of("open-data.publishing.theme-unknown")]; }
        if ((body.Keywords ?? []).FirstOrDefault(k => !Keyword().IsMatch(k)) is { } bad) { faults[prefix + "keywords"] = [Text.Of("open-data.publishing.keyword-shape", bad)]; }
        if (body.OpenAttribute != OpenAttribute.Unconditional && string.IsNullOrWhiteSpace(body.OpenCondition))
        {
            faults[prefix + "openCondition"] = [Text.Of(body.OpenAttribute == OpenAttribute.Conditional ? "open-data.publishing.condition-missing" : "open-data.publishing.ground-missing")];
        }

        if (body.Region is { Length: > 0 } region && (region.Length != 12 || !RegionCode.TryParse(region, null, out _))) { faults[prefix + "region"] = [Text.Of("open-data.publishing.region-shape")]; }
        if (body.From > body.To) { faults[prefix + "to"] = [Text.Of("open-data.publishing.days-reversed")]; }
        if (body.ContactMail is { Length: > 0 } mail && !Mail().IsMatch(mail)) { faults[prefix + "contactMail"] = [Text.Of("open-data.publishing.mail-shape")]; }
        if (resource is not null && body.OpenAttribute < Widest(resource.SharingType)) { faults[prefix + "openAttribute"] = [Text.Of("open-data.publishing.wider-than-shared", resource.Name)]; }
        return faults;
    }

    /// <summary>The widest opening that a sharing type allows: what departments may only have on application the public may not have at once, and what is not shared is not opened.</summary>
    internal static OpenAttribute Widest(SharingType sharing) => sharing switch
    {
        SharingType.Unconditional => OpenAttribute.Unconditional,
        SharingType.Conditional => OpenAttribute.Conditional,
        _ => OpenAttribute.NotOpen,
    };

    [GeneratedRegex("^[a-z0-9_-]{2,100}$")]
    private static partial Regex Name();

    [GeneratedRegex(@"^[\p{L}\p{M}\p{Nd} _.\-]{2,100}$")]
    private static partial Regex Keyword();

    [GeneratedRegex(@"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
    private static partial Regex Mail();
}
