using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Cloud.Databases;

/// <summary>A database server.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Host">Where it is reached.</param>
/// <param name="Port">On which port.</param>
/// <param name="PoolId">The pool whose resources it serves; null: any.</param>
/// <param name="Zone">The network that it stands in.</param>
/// <param name="Protection">等保 level.</param>
/// <param name="MostDatabases">How many databases it takes.</param>
/// <param name="Databases">How many it has.</param>
/// <param name="Connections">Sessions that one database may have at once.</param>
/// <param name="IsOpen">False: no new database.</param>
/// <param name="Size">Bytes of its databases together, as last looked at.</param>
/// <param name="Full">How many of them are larger than what was ordered.</param>
/// <param name="AnsweredAt">When it last answered; null before it first did.</param>
/// <param name="Problem">Why it did not answer when it was last asked, a code of docs/cloud.md; null when it did.</param>
/// <param name="Revision">To be sent with a change.</param>
public sealed record DatabaseServerRow(
    Guid Id, string Name, string Host, int Port, Guid? PoolId, NetworkZone Zone, int Protection, int MostDatabases, int Databases, int Connections, bool IsOpen, long Size, int Full,
    DateTimeOffset? AnsweredAt, string? Problem, int Revision);

internal static class ListDatabaseServers
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/database-servers", Handle).Requires(Right.SeePools).ProducesProblem(400).ProducesProblem(403);

    /// <summary>List the database servers, by name.</summary>
    /// <param name="page">Which part of the list.</param>
    /// <response code="200">A page of servers.</response>
    /// <response code="400">kernel.cursor-unknown</response>
    internal static async Task<Results<Ok<Page<DatabaseServerRow>>, ProblemHttpResult>> Handle([AsParameters] PageQuery page, ZhengtongDb db, Paging paging, CancellationToken ct) =>
        await paging.ReadAsync(db.DatabaseServers.AsNoTracking(), page, s => s.Name, s => s.Id, s => new DatabaseServerRow(
            s.Id, s.Name, s.Host, s.Port, s.PoolId, s.Zone, s.Protection, s.MostDatabases, s.Databases, s.Connections, s.IsOpen,
            db.ManagedDatabases.Where(d => d.ServerId == s.Id).Sum(d => d.Size ?? 0), db.ManagedDatabases.Count(d => d.ServerId == s.Id && d.IsFull), s.AnsweredAt, s.Problem, s.Revision), descending: false, ct) is { } read
            ? TypedResults.Ok(read) : KernelProblems.CursorUnknown.Because();
}
