using Zhengtong.OpenData.Keys;

namespace Zhengtong.OpenData.Ogc;

/// <summary>OGC API Features, Part 1: Core, version 1.0 (OGC 17-069r4): every published table whose rows have places, as a collection of features; and as vector tiles, see <see cref="OgcTiles"/>.</summary>
internal static class OgcModule
{
    /// <summary>Below which everything of it lies.</summary>
    internal const string Root = "/ogc";

    internal static void MapOgc(this WebApplication app)
    {
        var group = app.MapGroup(Root).WithPublicLimits("ogc", KeyScope.Rows).AddEndpointFilter(OgcAnswer.FaultsAsync);
        group.MapGet("/", OgcLanding.Landing);
        group.MapGet("/conformance", OgcLanding.Conformance);
        group.MapGet("/api", OgcDefinition.Handle);
        group.MapGet("/collections", OgcCollections.List);
        group.MapGet("/collections/{collection}", OgcCollections.One);
        group.MapGet("/collections/{collection}/items", OgcItems.List);
        group.MapGet("/collections/{collection}/items/{feature}", OgcItems.One);
        group.MapGet("/collections/{collection}/tiles", OgcTiles.List);
        group.MapGet("/collections/{collection}/tiles/{matrices}", OgcTiles.One);
        group.MapGet("/collections/{collection}/tiles/{matrices}/{matrix}/{row}/{column}", OgcTiles.Tile);
    }
}
