using System.Globalization;
using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Descriptions;

/// <summary>Every public address of the portal, in one place. Those by id are permanent and name the thing itself; those by name are for people.</summary>
/// <param name="Base">Scheme, host and port, without a slash at the end: setting <c>OpenData:Address</c>, or as the reader called us.</param>
internal sealed record PortalAddress(string Base)
{
    /// <summary>The portal's front page, which is also the catalogue's name in its descriptions.</summary>
    internal string Home => $"{Base}/";

    /// <summary>Where the datasets are searched.</summary>
    internal string Search => $"{Base}/dataset";

    /// <summary>The CKAN interface's root.</summary>
    internal string Ckan => $"{Base}/api/3";

    /// <summary>The addresses for this request.</summary>
    internal static PortalAddress Of(HttpContext http) =>
        new(http.RequestServices.GetRequiredService<IConfiguration>()["OpenData:Address"]?.TrimEnd('/') is { Length: > 0 } told
            ? told : $"{http.Request.Scheme}://{http.Request.Host.ToUriComponent()}{http.Request.PathBase.ToUriComponent()}");

    /// <summary>The dataset, for good.</summary>
    internal string Dataset(Guid id) => $"{Base}/dataset/{id}";

    /// <summary>The page that people read.</summary>
    internal string Page(Dataset dataset) => $"{Base}/dataset/{dataset.Name}";

    /// <summary>The page of one version.</summary>
    internal string Page(Dataset dataset, Guid version) => $"{Page(dataset)}/version/{version}";

    /// <summary>One version of a dataset, for good.</summary>
    internal string Version(Guid dataset, Guid version) => $"{Dataset(dataset)}/version/{version}";

    /// <summary>A resource, from version to version the same.</summary>
    internal string Resource(Guid dataset, Guid resource) => $"{Dataset(dataset)}/resource/{resource}";

    /// <summary>The resource's file as it was uploaded.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="resource">The resource.</param>
    /// <param name="version">The version, or null for the one the public sees.</param>
    internal string Download(Guid dataset, DatasetResource resource, Guid? version) =>
        $"{Resource(dataset, resource.Id)}/download/{Uri.EscapeDataString(resource.FileName is "." or ".." or "" ? "file" : resource.FileName)}{(version is null ? "" : $"?version={version}")}";

    /// <summary>The department that publishes.</summary>
    internal string Organisation(Guid id) => $"{Base}/organization/{id}";

    /// <summary>A theme.</summary>
    internal string Theme(string id) => $"{Base}/theme/{id}";

    /// <summary>All themes.</summary>
    internal string Themes => $"{Base}/theme";

    /// <summary>The text of a licence: on the web, or the platform's own terms.</summary>
    internal string Licence(Licence licence) => licence.Address ?? $"{Base}/open/terms#{licence.Id}";

    /// <summary>The whole catalogue in one syntax.</summary>
    internal string Catalogue(RdfSyntax syntax) => $"{Base}/catalog.{syntax.Extension}";

    /// <summary>The description of a dataset or a version in one syntax.</summary>
    /// <param name="subject">Address of the dataset or version.</param>
    /// <param name="syntax">The syntax.</param>
    internal static string Description(string subject, RdfSyntax syntax) => $"{subject}.{syntax.Extension}";

    /// <summary>The description for machine learning.</summary>
    internal static string Croissant(string subject) => $"{subject}/croissant.jsonld";

    /// <summary>The Data Package descriptor.</summary>
    internal static string DataPackage(string subject) => $"{subject}/datapackage.json";

    /// <summary>All files in one archive, the descriptor with them.</summary>
    internal static string Archive(string subject) => $"{subject}/datapackage.zip";

    /// <summary>What the platform signed when the version was published.</summary>
    internal static string Manifest(string version) => $"{version}/manifest.json";

    /// <summary>The newest datasets, as a feed.</summary>
    internal string Feed => $"{Base}/feeds/datasets.atom";

    /// <summary>A department's datasets, as a feed.</summary>
    internal string OrganisationFeed(Guid id) => $"{Base}/feeds/organization/{id}.atom";

    /// <summary>A theme's datasets, as a feed.</summary>
    internal string ThemeFeed(string id) => $"{Base}/feeds/theme/{id}.atom";

    /// <summary>A dataset's versions, as a feed.</summary>
    internal string DatasetFeed(Guid id) => $"{Base}/feeds/dataset/{id}.atom";

    /// <summary>The index of the maps of this site.</summary>
    internal string Sitemap => $"{Base}/sitemap.xml";

    /// <summary>One map of this site, from 1.</summary>
    internal string SitemapPage(int page) => string.Create(CultureInfo.InvariantCulture, $"{Base}/sitemap/{page}.xml");
}
