using Zhengtong.Kernel;
using Zhengtong.OpenData.Keys;
using Zhengtong.Web;
using Zhengtong.Web.Components;

namespace Zhengtong.OpenData.Portal;

/// <summary>The list of datasets as the page shows it under the same filters, as a file.</summary>
internal static class ExportCatalogue
{
    internal static void Map(IEndpointRouteBuilder app) => app.MapGet("/dataset/export.{format}", Handle).AllowAnonymous().ExcludeFromDescription().WithPublicLimits("catalogue", KeyScope.Catalogue);

    internal static IResult Handle(string format, HttpContext http, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var address = $"{http.Request.Scheme}://{http.Request.Host}{http.Request.PathBase}/dataset/";
        IReadOnlyList<Column<DatasetCard>> columns =
        [
            new(Text.Of("open-data.portal.title"), c => c.Dataset.Title),
            new(Text.Of("open-data.portal.publisher"), c => c.Publisher),
            new(Text.Of("open-data.portal.facet.theme"), c => string.Join(' ', c.Dataset.Description.Themes.Select(t => Model.Theme.Find(t)?.Title ?? t))),
            new(Text.Of("open-data.portal.facet.attribute"), c => PortalWords.Of(c.Dataset.OpenAttribute)),
            new(Text.Of("open-data.portal.facet.format"), c => c.Dataset.FormatList.Replace('|', ' ').Trim()),
            new(Text.Of("open-data.portal.facet.licence"), c => Model.Licence.Find(c.Dataset.Licence)?.Title ?? c.Dataset.Licence),
            new(Text.Of("open-data.portal.facet.cycle"), c => Show.Word("catalogue", c.Dataset.UpdateCycle)),
            new(Text.Of("open-data.portal.rows"), c => c.Dataset.Rows),
            new(Text.Of("open-data.portal.downloads-30"), c => c.Downloads),
            new(Text.Of("open-data.portal.modified"), c => Show.Day(c.Dataset.ModifiedAt)),
            new(Text.Of("open-data.portal.address"), c => address + c.Dataset.Name),
        ];
        return TableExport.Of(format, "datasets", columns, FindDatasets.AllAsync(db, DatasetsAsked.Of(http.Request.Path + http.Request.QueryString), clock.GetUtcNow(), ct));
    }
}
