using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Exchange.Slices;

/// <summary>What answered.</summary>
/// <param name="Server">Product and version.</param>
public sealed record TestDataSourceResponse(string Server);

internal static class TestDataSource
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/data-sources/{id:guid}/test", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).ProducesProblem(503);

    /// <summary>Connect to a data source of the caller's department and say what answers. Changes nothing.</summary>
    /// <response code="200">It answers.</response>
    /// <response code="404">exchange.data-source-unknown</response>
    /// <response code="409">exchange.on-node</response>
    /// <response code="503">exchange.source-unreachable</response>
    internal static async Task<Results<Ok<TestDataSourceResponse>, ProblemHttpResult>> Handle(
        Guid id, Actor actor, ZhengtongDb db, DepartmentDatabases databases, CancellationToken ct)
    {
        var source = await db.DataSources.AsNoTracking().SingleOrDefaultAsync(s => s.Id == id && s.OrganisationId == actor.Organisation, ct);
        if (source is null) { return ExchangeProblems.DataSourceUnknown.Because($"{id}"); }

        if (source.NodeId is not null) { return ExchangeProblems.OnNode.Because(source.Name); }
        var database = databases.Open(source);
        try { return TypedResults.Ok(new TestDataSourceResponse(await database.DescribeAsync(ct))); }
        catch (Exception e) when (database.Explain(e, Side.Source) is { } fault) { return fault.Because(); }
    }

    /// <summary>A failure of a department's database as the answer to a request.</summary>
    internal static ProblemHttpResult Because(this ExchangeFault fault) =>
        fault.Type.Because(fault.Faults.Count == 0 ? null : string.Join(' ', fault.Faults.Select(f => f.Sentence)));

    /// <summary>All faults of a table, by the field they belong to.</summary>
    internal static ProblemHttpResult For(this ProblemType type, IEnumerable<Fault> faults) =>
        type.For(faults.GroupBy(f => f.Field).ToDictionary(g => g.Key, g => g.Select(f => f.Sentence).ToArray()));
}
