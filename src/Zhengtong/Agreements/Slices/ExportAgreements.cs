using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Web;
using Zhengtong.Web.Components;

namespace Zhengtong.Agreements.Slices;

/// <summary>The lists as the pages show them, and the files of one agreement.</summary>
internal static class ExportAgreements
{
    private static readonly JsonSerializerOptions Readable = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/work/agreements/export.{format}", Agreements).Requires(Right.ReadWork).ExcludeFromDescription();
        app.MapGet("/work/applications/export.{format}", Applications).Requires(Right.ReadWork).ExcludeFromDescription();
        app.MapGet("/work/agreements/{id:guid}/document.json", Document).Requires(Right.ReadWork).ExcludeFromDescription();
        app.MapGet("/work/agreements/{id:guid}/seals.json", Seals).Requires(Right.ReadWork).ExcludeFromDescription();
    }

    private static IResult Agreements(string format, HttpContext http, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var list = Listing.Of(http.Request.Path + http.Request.QueryString);
        return TableExport.Of(format, "agreements", AgreementsPage.Columns(), TableExport.AllPages(page => AgreementsPage.ReadAsync(list, page, actor, db, paging, ct)));
    }

    private static IResult Applications(string format, HttpContext http, Actor actor, ZhengtongDb db, Paging paging, CancellationToken ct)
    {
        var list = Listing.Of(http.Request.Path + http.Request.QueryString);
        return TableExport.Of(format, "applications", ApplicationsPage.Columns(), TableExport.AllPages(page => ApplicationsPage.ReadAsync(list, page, actor, db, paging, ct)));
    }

    /// <summary>The sealed document byte for byte: what the digest and both signatures are over.</summary>
    private static async Task<IResult> Document(Guid id, Actor actor, ZhengtongDb db, OrganisationKeys keys, CancellationToken ct) =>
        (await GetAgreement.Handle(id, actor, db, keys, ct)).Result is Ok<AgreementDetail> { Value: { } agreement }
            ? TypedResults.File(Encoding.UTF8.GetBytes(agreement.Text), "application/json", $"{agreement.Number}.json") : AgreementsProblems.NotFound.Because();

    private static async Task<IResult> Seals(Guid id, Actor actor, ZhengtongDb db, OrganisationKeys keys, CancellationToken ct) =>
        (await GetAgreement.Handle(id, actor, db, keys, ct)).Result is Ok<AgreementDetail> { Value: { } agreement }
            ? TypedResults.File(JsonSerializer.SerializeToUtf8Bytes(new { agreement.Number, agreement.Suite, agreement.Digest, agreement.Seals }, Readable), "application/json", $"{agreement.Number}-seals.json") : AgreementsProblems.NotFound.Because();
}
