using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Cloud.Databases;

internal static class RotateDatabasePassword
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/cloud/resources/{id:guid}/database-password", Handle).Requires(Right.Apply).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409);

    /// <summary>Give a database of the own department a new password. The server has it within moments; from then on nobody opens a session with the old one. Sessions that are open go on.</summary>
    /// <response code="200">The new credentials; ledger event cloud.database-password-rotated, without them.</response>
    /// <response code="404">cloud.database-not-found</response>
    /// <response code="409">cloud.changed-meanwhile</response>
    internal static async Task<Results<Ok<DatabaseCredentials>, ProblemHttpResult>> Handle(Guid id, HttpContext http, Actor actor, ZhengtongDb db, Vault vault, TimeProvider clock, CancellationToken ct)
    {
        var found = await ShowDatabaseCredentials.FindAsync(db, id, actor, ct);
        if (found is not var (resource, row, server)) { return CloudProblems.DatabaseNotFound.Because($"{id}"); }

        var (now, password) = (clock.GetUtcNow(), DatabaseFulfilment.NewPassword());
        row.Password = vault.Seal(Encoding.UTF8.GetBytes(password), ManagedDatabase.PurposeOf(id));
        row.Generation++;
        row.Touch();
        resource.NextAt = now;
        resource.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.database-password-rotated", id, actor, now, after: new { row.Generation }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(resource.Name); }
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(DatabaseCredentials.Of(server, resource.EngineName, resource.EngineName, password));
    }
}
