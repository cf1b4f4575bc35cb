using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Http;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Resources;

/// <summary>What is opened of an instance.</summary>
public enum TerminalKind
{
    /// <summary>A shell of root's; it ends with its terminal.</summary>
    Shell,
    /// <summary>The system's own console, which one person at a time has; it goes on when it is let go.</summary>
    Console,
}

/// <summary>A terminal inside an instance, in the browser: a websocket, bytes both ways as binary messages of at most 64 KiB; a text message <c>{"columns":80,"rows":24}</c> says how large the window is now.
/// It is closed with a word of <see cref="TerminalEnd"/> as its reason.</summary>
internal static class OpenTerminal
{
    /// <summary>The best shell that is there.</summary>
    private static readonly string[] Shell = ["/bin/sh", "-c", "cd; [ -x /bin/bash ] && exec /bin/bash -l; exec /bin/sh -l"];

    // A websocket is nothing that the API's description could describe; docs/cloud.md does.
    internal static void Map(IEndpointRouteBuilder group) => group.MapGet("/cloud/resources/{id:guid}/terminal", Handle).Requires(Right.Apply).DisableRequestTimeout().ExcludeFromDescription();

    /// <summary>Open a terminal inside a running instance of the own organisation. The ledger keeps who, when, how long and why it ended; never what was typed.</summary>
    /// <response code="101">It is open; ledger events cloud.terminal-opened, and cloud.terminal-closed at its end.</response>
    /// <response code="400">cloud.terminal-only</response>
    /// <response code="404">cloud.resource-not-found</response>
    /// <response code="409">cloud.resource-not-there, cloud.terminals-many</response>
    /// <response code="503">cloud.engine-silent</response>
    internal static async Task<Results<EmptyHttpResult, ProblemHttpResult>> Handle(
        Guid id, HttpContext http, Actor actor, ZhengtongDb db, PoolEngines engines, TerminalSeats seats, IdentityPolicy policy, IOptions<CloudOptions> options, IHostApplicationLifetime life, TimeProvider clock,
        CancellationToken ct, Choice<TerminalKind>? kind = null, [Range(1, 1000)] int columns = 80, [Range(1, 1000)] int rows = 24)
    {
        if (await ResourceAccess.OwnAsync(db, id, actor, ct) is not { } resource) { return CloudProblems.ResourceNotFound.Because($"{id}"); }
        if (resource is not { Form: ResourceForm.Instance or ResourceForm.Site, State: CloudResourceState.Running, PoolId: { } poolId }) { return CloudProblems.ResourceNotThere.Because(resource.Number); }
        if (engines.Of(await db.ResourcePools.AsNoTracking().SingleAsync(p => p.Id == poolId, ct)) is not { IsDone: true, Value: { } engine }) { return CloudProblems.EngineSilent.Because("no-engine"); }
        if (actor.IsProgram || !http.WebSockets.IsWebSocketRequest || !IsOwnPage(http.Request)) { return CloudProblems.TerminalOnly.Because(resource.Number); }
        await using var seat = await seats.TryTakeAsync(actor.Id, ct);
        if (seat is null) { return CloudProblems.TerminalsMany.Because($"{seats.Most}"); }

        // A line that nobody answers at is noticed: its shell must not run on.
        var accept = new WebSocketAcceptContext { KeepAliveInterval = TimeSpan.FromSeconds(15), KeepAliveTimeout = TimeSpan.FromSeconds(30) };
        using var socket = await http.WebSockets.AcceptWebSocketAsync(accept);
        var (instance, what) = (InstanceFulfilment.IdOf(resource), kind?.Value ?? TerminalKind.Shell);
        // An engine may let in two who come at the same moment, and drop one of them without a word.
        await using var console = what == TerminalKind.Console ? await seats.TryTakeConsoleAsync(id, ct) : null;
        if (what == TerminalKind.Console && console is null)
        {
            await TerminalLine.RefuseAsync(socket, TerminalEnd.Busy);
            return TypedResults.Empty;
        }

        var answer = what == TerminalKind.Console ? await engine.OpenConsoleAsync(instance, columns, rows, ct) : await engine.OpenTerminalAsync(instance, Shell, columns, rows, ct);
        if (!answer.IsDone)
        {
            await TerminalLine.RefuseAsync(socket, answer.Outcome == EngineOutcome.Busy ? TerminalEnd.Busy : TerminalEnd.Silent);
            return TypedResults.Empty;
        }

        await using var line = new TerminalLine(socket, answer.Value, TimeSpan.FromSeconds(options.Value.TerminalIdleSeconds), clock);
        // Written down before the first byte goes through.
        var opened = LedgerEntry.Of("cloud.terminal-opened", id, actor, clock.GetUtcNow(), after: new { resource.Number, kind = what });
        db.Ledger.Add(opened);
        await db.SaveChangesAsync(ct);
        var end = TerminalEnd.Failed;
        try
        {
            end = await line.RunAsync(async token =>
                await LiveSession.StillAsync(db, policy, http.User, opened.Id, token) is not { } now || now.Organisation != resource.OrganisationId || !now.May(Right.Apply) ? TerminalEnd.SessionOver
                : !await seat.KeepAsync(token) || (console is not null && !await console.KeepAsync(token)) ? TerminalEnd.Busy : null, life.ApplicationStopping);
        }
        finally
        {
            db.Ledger.Add(LedgerEntry.Of("cloud.terminal-closed", id, actor, clock.GetUtcNow(), after: new { resource.Number, kind = what, seconds = (long)(clock.GetUtcNow() - opened.At).TotalSeconds, end }));
            await db.SaveChangesAsync(CancellationToken.None);
        }

        return TypedResults.Empty;
    }

    /// <summary>Browsers send cookies with a websocket whichever page opens it: only the platform's own may.</summary>
    private static bool IsOwnPage(HttpRequest request) =>
        request.Headers.Origin is [{ } given] && Uri.TryCreate(given, UriKind.Absolute, out var origin) && string.Equals(origin.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase);
}
