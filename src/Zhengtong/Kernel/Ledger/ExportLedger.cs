using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Ledger;

internal static class ExportLedger
{
    internal static void Map(IEndpointRouteBuilder group) =>
        group.MapGet("/ledger/entries.csv", Handle).RequireAuthorization(LedgerReaders.Policy).Produces(200, contentType: "text/csv").ProducesProblem(403);

    /// <summary>The entries of a search as CSV (RFC 4180, UTF-8 with mark), the oldest first, streamed.</summary>
    /// <response code="200">All of them, however many; ledger event kernel.ledger-exported.</response>
    internal static async Task<PushStreamHttpResult> Handle([AsParameters] LedgerFilter filter, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        db.Ledger.Add(LedgerEntry.Of("kernel.ledger-exported", actor.Organisation, actor, clock.GetUtcNow(),
            after: new { filter.Event, filter.Subject, filter.Actor, filter.Organisation, filter.From, filter.To, filter.Reason }));
        await db.SaveChangesAsync(ct);
        var rows = filter.Apply(db.LedgerOf(actor)).OrderBy(e => e.At).ThenBy(e => e.Id).Select(LedgerEntryResponse.Of(db));
        return TypedResults.Stream(body => WriteAsync(body, rows, ct), "text/csv; charset=utf-8", "ledger.csv");
    }

    private static async Task WriteAsync(Stream body, IQueryable<LedgerEntryResponse> rows, CancellationToken ct)
    {
        await using var writer = new StreamWriter(body, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), 16_384, leaveOpen: true) { NewLine = "\r\n" };
        await WriteLineAsync(writer, ["index", "at", "event", "subject", "actor", "organisation", "reason", "data", "id"]);
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(ct))
        {
            await WriteLineAsync(writer,
            [
                row.Index?.ToString(CultureInfo.InvariantCulture) ?? "", row.At.UtcDateTime.ToString("O", CultureInfo.InvariantCulture), row.Event, row.Subject,
                row.ActorName, row.OrganisationName ?? "", row.Reason ?? "", row.Data, row.Id.ToString(),
            ]);
        }
    }

    private static Task WriteLineAsync(StreamWriter writer, ReadOnlySpan<string> cells)
    {
        var line = new StringBuilder();
        foreach (var cell in cells)
        {
            if (line.Length > 0) { line.Append(','); }
            // A spreadsheet would run these as formulas.
            var text = cell is ['=' or '+' or '-' or '@' or '\t' or '\r', ..] ? "'" + cell : cell;
            line.Append('"').Append(text.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        }

        return writer.WriteLineAsync(line.ToString());
    }
}
