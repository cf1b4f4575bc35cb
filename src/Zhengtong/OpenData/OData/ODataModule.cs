using Zhengtong.OpenData.Keys;

namespace Zhengtong.OpenData.OData;

/// <summary>OData 4.0 (OASIS), what spreadsheets and reporting tools use of it: every published table as an entity set, read only.</summary>
internal static class ODataModule
{
    /// <summary>Below which everything of it lies.</summary>
    internal const string Root = "/odata";

    internal static void MapOData(this WebApplication app)
    {
        var group = app.MapGroup(Root).WithPublicLimits("odata", KeyScope.Rows, ODataAnswer.Refused).AddEndpointFilter(ODataAnswer.FaultsAsync);
        group.MapGet("/", ODataService.Document);
        group.MapGet("/$metadata", ODataService.Metadata);
        group.MapGet("/{set}", ODataRows.List);
        group.MapGet("/{set}/$count", ODataRows.Count);
    }
}
