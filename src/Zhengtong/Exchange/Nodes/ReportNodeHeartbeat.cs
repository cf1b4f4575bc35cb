using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Nodes;

internal static class ReportNodeHeartbeat
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPost("/heartbeats", Handle).ProducesProblem(409);

    /// <summary>A node reports itself, its databases and its deliveries.</summary>
    /// <response code="200">Noted; ledger events exchange.data-source-registered for a new database, exchange.delivery-failed for a new fault, exchange.node-returned after silence.</response>
    /// <response code="409">kernel.changed-meanwhile</response>
    internal static async Task<Results<Ok<NodeHeartbeatResponse>, ProblemHttpResult>> Handle(
        NodeHeartbeat request, NodeCaller caller, ZhengtongDb db, NodeDeliveries deliveries, IServiceScopeFactory scopes, IOptions<ExchangeOptions> exchange,
        TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var node = await db.FrontEndNodes.SingleAsync(n => n.Id == caller.Id, ct);
        var before = Read(node.Report);
        if (node.SilentSince is { } silent) { db.Ledger.Add(LedgerEntry.Of("exchange.node-returned", node.Id, caller.Actor, now, after: new { node.Name, silent })); }
        // Before the report is kept, by which the next one is compared: killed between the two, a fault is told twice rather than never.
        foreach (var state in request.Deliveries)
        {
            var isChanged = before?.Deliveries.FirstOrDefault(d => d.Delivery == state.Delivery && d.Role == state.Role)?.Problem != state.Problem;
            if ((!isChanged && state.LogBytes is null) || await deliveries.FindAsync(caller.Id, state.Delivery, state.Role, ct) is not { } delivery) { continue; }
            if (state is { LogBytes: { } bytes, LogStatus: { } status }) { await WatchAsync(scopes, state.Delivery, new LogWatch(bytes, status), exchange.Value.LogAlarmBytes, ct); }
            // One that its agreement stopped stays stopped, whatever becomes of a fault.
            if (isChanged && delivery.State != DeliveryState.Stopped) { await TellAsync(scopes, caller, state, now, ct); }
        }

        var refused = await TakeSourcesAsync(db, caller, request.Sources, now, ct);
        node.Seen(request, JsonSerializer.Serialize(request, CanonicalJson.Options), now);
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e is DbUpdateConcurrencyException || e.IsUniqueViolation()) { return KernelProblems.ChangedMeanwhile.Because(node.Name); }
        return TypedResults.Ok(new NodeHeartbeatResponse(now, refused));
    }

    internal static NodeHeartbeat? Read(string? report) => report is null ? null : JsonSerializer.Deserialize<NodeHeartbeat>(report, CanonicalJson.Options);

    /// <summary>The log at the source is watched by its node; whether it is too much the platform says, for all alike.</summary>
    private static async Task WatchAsync(IServiceScopeFactory scopes, Guid delivery, LogWatch watch, long alarmBytes, CancellationToken ct)
    {
        for (var tries = 1; ; tries++)
        {
            await using var scope = scopes.CreateAsyncScope();
            try
            {
                await scope.ServiceProvider.GetRequiredService<DeliveryBook>().WatchAsync(delivery, watch, alarmBytes, ct);
                return;
            }
            // The other half noted something at the same moment.
            catch (DbUpdateConcurrencyException) when (tries < 10) { }
        }
    }

    /// <summary>A fault that a node's half met, or got over, is the delivery's.</summary>
    private static Task TellAsync(IServiceScopeFactory scopes, NodeCaller caller, NodeDeliveryState state, DateTimeOffset now, CancellationToken ct)
    {
        if (state.Problem is not { } code) { return Delivering.ChangeAsync(scopes, state.Delivery, d => d.Rest(now, now), null, ct, patient: true); }
        var faults = (state.Faults ?? []).Select(f => new Fault("", f.Key, [.. f.Arguments])).ToList();
        return Delivering.ChangeAsync(scopes, state.Delivery, d => d.Fail(code, JsonSerializer.Serialize(faults), now),
            d => LedgerEntry.Of("exchange.delivery-failed", d.Id, caller.Actor, now, after: new { code, faults }), ct, patient: true);
    }

    /// <summary>Databases that the node has become data sources of its department; names that are taken are refused.</summary>
    private static async Task<List<string>> TakeSourcesAsync(ZhengtongDb db, NodeCaller caller, IReadOnlyList<NodeSource> sources, DateTimeOffset now, CancellationToken ct)
    {
        var known = await db.DataSources.Where(s => s.OrganisationId == caller.Organisation).ToDictionaryAsync(s => s.Name, ct);
        List<string> refused = [];
        foreach (var source in sources)
        {
            if (!known.TryGetValue(source.Name, out var there))
            {
                var id = Guid.CreateVersion7(now);
                there = new DataSource { Id = id, OrganisationId = caller.Organisation, NodeId = caller.Id, Name = source.Name, Kind = source.Kind, Connection = null, CreatedAt = now };
                known[source.Name] = there;
                db.DataSources.Add(there);
                db.Ledger.Add(LedgerEntry.Of("exchange.data-source-registered", id, caller.Actor, now, after: new { source.Name, source.Kind, node = caller.Id }));
            }

            if (there.NodeId != caller.Id || there.Kind != source.Kind) { refused.Add(source.Name); }
            else { (there.Problem, there.SeenAt) = (source.Problem, now); }
        }

        return refused;
    }
}
