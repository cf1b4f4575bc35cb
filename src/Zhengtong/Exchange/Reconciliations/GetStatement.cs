using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Reconciliations;

internal static class GetStatement
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/reconciliations/{id:guid}/statement", Handle)
        .Requires(Right.ReadWork).Produces<StatementFile>().ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>The signed statement 对账单 of a reconciliation as a file: both sides' signatures with their keys. Checked offline by openssl alone.</summary>
    /// <response code="200">The file.</response>
    /// <response code="404">exchange.reconciliation-unknown</response>
    /// <response code="409">exchange.reconciliation-unfinished</response>
    internal static async Task<Results<FileContentHttpResult, ProblemHttpResult>> Handle(Guid id, Actor actor, ZhengtongDb db, OrganisationKeys keys, CancellationToken ct)
    {
        if (!await db.Reconciliations.VisibleTo(db, actor).AnyAsync(r => r.Id == id, ct)) { return ExchangeProblems.ReconciliationUnknown.Because($"{id}"); }
        var statement = await db.Statements.AsNoTracking().SingleOrDefaultAsync(s => s.ReconciliationId == id, ct);
        if (statement is null) { return ExchangeProblems.ReconciliationUnfinished.Because($"{id}"); }

        var subject = id.ToString();
        var told = await db.Ledger.AsNoTracking().Where(e => e.Subject == subject && e.Event == "exchange.statement-issued").Select(e => (Guid?)e.Id).SingleOrDefaultAsync(ct);
        var file = new StatementFile(
            StatementFile.FormatName, Convert.ToBase64String(Encoding.UTF8.GetBytes(statement.Document)), statement.ProviderSignature, await KeyAsync(statement.ProviderKey),
            statement.ConsumerSignature, await KeyAsync(statement.ConsumerKey), told);
        return TypedResults.File(Encoding.UTF8.GetBytes(file.ToText()), "application/json", $"zhengtong-statement-{statement.DeliveryId:N}-{statement.Sequence}.json");

        async Task<string> KeyAsync(string keyId) => await keys.FindAsync(keyId, ct) is { } key ? Convert.ToBase64String(key.PublicKey) : "";
    }
}
