using System.ComponentModel.DataAnnotations;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Resources;

/// <summary>A program to be run inside an instance.</summary>
/// <param name="Command">The program and its words, without a shell between: 1 to 100 words of at most 4,096 characters.</param>
/// <param name="Seconds">It is killed when it runs longer: 1 to 300.</param>
public sealed record RunCommandRequest([Required, Length(1, 100)] IReadOnlyList<string> Command, [Range(1, 300)] int Seconds = 60);

/// <summary>What became of it.</summary>
/// <param name="ExitCode">0 to 255; null when it was killed because it ran too long or said too much.</param>
/// <param name="Output">What it said, at most 256 KiB, bytes that are no UTF-8 replaced.</param>
/// <param name="Errors">What it said on its second output, likewise.</param>
public sealed record RunResult(int? ExitCode, string Output, string Errors);

internal static class RunCommand
{
    private const int MostBytes = 256 * 1024;

    internal static void Map(IEndpointRouteBuilder group) =>
        group.MapPost("/cloud/resources/{id:guid}/runs", Handle).Requires(Right.Apply).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(503);

    /// <summary>Run a program inside a running instance of the own organisation. The ledger keeps that it was done, and the program's name; never its words, which may hold passwords.</summary>
    /// <response code="200">It ended; ledger event cloud.command-run.</response>
    /// <response code="400">cloud.invalid</response>
    /// <response code="404">cloud.resource-not-found</response>
    /// <response code="409">cloud.resource-not-there</response>
    /// <response code="503">cloud.engine-silent</response>
    internal static async Task<Results<Ok<RunResult>, ProblemHttpResult>> Handle(
        Guid id, RunCommandRequest request, Actor actor, ZhengtongDb db, PoolEngines engines, TimeProvider clock, CancellationToken ct)
    {
        if (await ResourceAccess.OwnAsync(db, id, actor, ct) is not { } resource) { return CloudProblems.ResourceNotFound.Because($"{id}"); }
        if (resource is not { Form: ResourceForm.Instance or ResourceForm.Site, State: CloudResourceState.Running, PoolId: { } poolId }) { return CloudProblems.ResourceNotThere.Because(resource.Number); }
        var pool = await db.ResourcePools.AsNoTracking().SingleAsync(p => p.Id == poolId, ct);
        if (engines.Of(pool) is not { IsDone: true, Value: { } engine }) { return CloudProblems.EngineSilent.Because("no-engine"); }
        // Written down before: what is done inside is done by somebody, whatever becomes of us meanwhile.
        db.Ledger.Add(LedgerEntry.Of("cloud.command-run", id, actor, clock.GetUtcNow(), after: new { resource.Number, program = request.Command[0].Length <= 100 ? request.Command[0] : request.Command[0][..100] }));
        await db.SaveChangesAsync(ct);
        var answer = await engine.ExecAsync(InstanceFulfilment.IdOf(resource), new ExecOrder(request.Command) { MostBytes = MostBytes, Time = TimeSpan.FromSeconds(request.Seconds) }, ct);
        if (answer.Outcome == EngineOutcome.Refused) { return CloudProblems.Invalid.For(new Dictionary<string, string[]> { ["command"] = [answer.Code] }); }
        return answer.IsDone ? TypedResults.Ok(new RunResult(answer.Value.ExitCode, Encoding.UTF8.GetString(answer.Value.Output), Encoding.UTF8.GetString(answer.Value.Errors))) : CloudProblems.EngineSilent.Because(answer.Code);
    }
}
