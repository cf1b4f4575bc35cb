using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;
using Zhengtong.OpenData.Model;
using Zhengtong.OpenData.Tables;

namespace Zhengtong.OpenData.Tiles;

/// <summary>Answers with one tile: 204 where it shows nothing, 304 where the reader has it.</summary>
internal static class TileAnswer
{
    /// <param name="http">The call.</param>
    /// <param name="drawing">What draws.</param>
    /// <param name="table">The table; it has places.</param>
    /// <param name="query">Which rows.</param>
    /// <param name="asked">What tells this question from others to the same table.</param>
    /// <param name="cell">Where.</param>
    /// <param name="ground">The system that it is drawn in.</param>
    /// <param name="forAll">True when everybody may read the table.</param>
    /// <param name="ct">Stops it.</param>
    internal static async Task<IResult> OfAsync(HttpContext http, TileDrawing drawing, DataTable table, TableQuery query, string asked, MapCell cell, CoordinateSystem ground, bool forAll, CancellationToken ct)
    {
        // Another build may draw the same rows in other bytes; on the way they may be packed.
        var state = $"{typeof(TileAnswer).Module.ModuleVersionId}|{table.Content}|{cell}|{ground}|{asked}";
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(state)))[..32]}\"", isWeak: true);
        var headers = http.Response.GetTypedHeaders();
        headers.ETag = tag;
        // For a short while without asking again: a dataset may be withdrawn.
        headers.CacheControl = new CacheControlHeaderValue { Public = forAll, Private = !forAll, MaxAge = TimeSpan.FromMinutes(5) };
        if (http.Request.GetTypedHeaders().IfNoneMatch is { Count: > 0 } known && known.Any(t => t.Equals(EntityTagHeaderValue.Any) || t.Compare(tag, useStrongComparison: false))) { return Results.StatusCode(StatusCodes.Status304NotModified); }
        try
        {
            var tile = await drawing.DrawAsync(table, query, asked, cell, ground, ct);
            return tile.Length == 0 ? Results.NoContent() : Results.Bytes(tile, VectorTile.MediaType);
        }
        catch
        {
            // A refusal is not to be kept.
            http.Response.Headers.Remove(HeaderNames.ETag);
            http.Response.Headers.CacheControl = "no-store";
            throw;
        }
    }
}
