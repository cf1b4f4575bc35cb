using System.Net;
using Zhengtong.Kernel;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>A form of a page's content that programs may want, for a <c>link</c> element in its head.</summary>
/// <param name="MediaType">What it is.</param>
/// <param name="Address">Where it is.</param>
/// <param name="Title">What readers are shown.</param>
internal sealed record DiscoveryLink(string MediaType, string Address, string Title)
{
    /// <summary>The element, escaped.</summary>
    internal string Element => $"<link rel=\"alternate\" type=\"{WebUtility.HtmlEncode(MediaType)}\" href=\"{WebUtility.HtmlEncode(Address)}\" title=\"{WebUtility.HtmlEncode(Title)}\">";
}

/// <summary>Where programs find what a page shows to people; a page writes one <see cref="DiscoveryLink.Element"/> each into its head.</summary>
internal static class DiscoveryLinks
{
    private static readonly RdfSyntax[] Syntaxes = [RdfSyntax.Turtle, RdfSyntax.Xml, RdfSyntax.Json];

    /// <summary>For the front page and the list of datasets.</summary>
    internal static IReadOnlyList<DiscoveryLink> OfCatalogue(PortalAddress at) =>
    [
        new("application/atom+xml", at.Feed, Text.Of("open-data.describe.feed")),
        .. Syntaxes.Select(s => new DiscoveryLink(s.MediaType, at.Catalogue(s), $"DCAT ({s.Extension})")),
    ];

    /// <summary>For the page of a dataset, in its current version or another.</summary>
    internal static IReadOnlyList<DiscoveryLink> Of(Described dataset, PortalAddress at)
    {
        var subject = dataset.Subject(at);
        return
        [
            new("application/atom+xml", at.DatasetFeed(dataset.Dataset.Id), Text.Of("open-data.describe.feed.versions", PublicText.Clean(dataset.Says.Title))),
            .. Syntaxes.Select(s => new DiscoveryLink(s.MediaType, PortalAddress.Description(subject, s), $"DCAT ({s.Extension})")),
            new("application/ld+json", PortalAddress.Croissant(subject), "Croissant"),
            .. dataset.GivesData && dataset.Resources.Count > 0 ? [new DiscoveryLink("application/json", PortalAddress.DataPackage(subject), "Data Package")] : Array.Empty<DiscoveryLink>(),
        ];
    }

    /// <summary>For the page of a department.</summary>
    internal static IReadOnlyList<DiscoveryLink> Of(Guid organisation, string name, PortalAddress at) =>
        [new("application/atom+xml", at.OrganisationFeed(organisation), Text.Of("open-data.describe.feed.of", PublicText.Clean(name)))];

    /// <summary>For the page of a theme.</summary>
    internal static IReadOnlyList<DiscoveryLink> Of(Theme theme, PortalAddress at) => [new("application/atom+xml", at.ThemeFeed(theme.Id), Text.Of("open-data.describe.feed.of", theme.Title))];
}
