using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Cloud.Delivery;
using Zhengtong.Cloud.Engines;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Cloud.Resources;

/// <summary>Who may reach a department's instances in a pool.</summary>
/// <param name="Rules">All of them, at most 100; what none allows is refused.</param>
/// <param name="Revision">The revision the caller saw, 0 when there was none.</param>
public sealed record SetSecurityRulesRequest([Required, MaxLength(100)] IReadOnlyList<SecurityRule> Rules, [Range(0, int.MaxValue)] int Revision);

/// <summary>The rules of a department's network in a pool.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="PoolName">Its name.</param>
/// <param name="Range">The network's range.</param>
/// <param name="Rules">What may come in from outside.</param>
/// <param name="Revision">To be sent with a change.</param>
public sealed record SecurityRulesRow(Guid Pool, string PoolName, string Range, IReadOnlyList<SecurityRule> Rules, int Revision);

internal static class SetSecurityRules
{
    internal static void Map(IEndpointRouteBuilder group) =>
        group.MapPut("/cloud/pools/{pool:guid}/rules", Handle).Requires(Right.Apply).ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(503);

    /// <summary>Say who may reach the own organisation's instances in a pool, beside themselves and the platform's gateway. In force when the answer comes.</summary>
    /// <response code="200">In force; ledger event cloud.rules-set.</response>
    /// <response code="400">cloud.invalid</response>
    /// <response code="404">cloud.pool-not-found: or the organisation has nothing there.</response>
    /// <response code="409">cloud.changed-meanwhile</response>
    /// <response code="503">cloud.engine-silent: the rules are kept, and hold once the engine answers.</response>
    internal static async Task<Results<Ok<SecurityRulesRow>, ProblemHttpResult>> Handle(
        Guid pool, SetSecurityRulesRequest request, Actor actor, ZhengtongDb db, PoolEngines engines, InstanceSurroundings surroundings, IOptions<CloudOptions> options, TimeProvider clock, CancellationToken ct)
    {
        if (Faults(request.Rules) is { Count: > 0 } faults) { return CloudProblems.Invalid.For(faults); }
        var network = await db.TenantNetworks.SingleOrDefaultAsync(n => n.PoolId == pool && n.OrganisationId == actor.Organisation, ct);
        if (network is null || await db.ResourcePools.AsNoTracking().SingleOrDefaultAsync(p => p.Id == pool, ct) is not { } place) { return CloudProblems.PoolNotFound.Because($"{pool}"); }
        if (network.Revision != request.Revision) { return CloudProblems.ChangedMeanwhile.Because(place.Name); }

        network.Rules = request.Rules;
        network.Touch();
        db.Ledger.Add(LedgerEntry.Of("cloud.rules-set", pool, actor, clock.GetUtcNow(), after: new { place.Name, network.Number, request.Rules }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateConcurrencyException) { return CloudProblems.ChangedMeanwhile.Because(place.Name); }
        db.ChangeTracker.Clear();
        if (engines.Of(place) is not { IsDone: true, Value: { } engine }) { return CloudProblems.EngineSilent.Because("no-engine"); }
        var set = await surroundings.EnsureAsync(db, engine, place, actor.Organisation, ct);
        return set.Answer.IsDone ? TypedResults.Ok(new SecurityRulesRow(pool, place.Name, $"{network.RangeIn(options.Value.Networks)}", network.Rules, network.Revision)) : CloudProblems.EngineSilent.Because(set.Answer.Code);
    }

    internal static Dictionary<string, string[]> Faults(IReadOnlyList<SecurityRule> rules)
    {
        var faults = new Dictionary<string, string[]>();
        foreach (var (place, rule) in rules.Index())
        {
            if (rule.Protocol is null || !TenantNetworks.Protocols.ContainsKey(rule.Protocol)) { faults[$"rules[{place}].protocol"] = [Text.Of("cloud.rules.protocol")]; }
            if (rule.Source is { } source && !(IPNetwork.TryParse(source, out var range) && range.BaseAddress.AddressFamily == AddressFamily.InterNetwork)) { faults[$"rules[{place}].source"] = [Text.Of("cloud.rules.source")]; }
            var isPorts = (rule.FromPort, rule.ToPort) switch { (null, null) => true, ({ } from, { } to) => rule.Protocol != "icmp" && from is >= 1 and <= 65535 && to >= from && to <= 65535, _ => false };
            if (!isPorts) { faults[$"rules[{place}].fromPort"] = [Text.Of("cloud.rules.ports")]; }
            if (rule.Note is not { Length: >= 2 and <= 100 }) { faults[$"rules[{place}].note"] = [Text.Of("cloud.rules.note")]; }
        }

        return faults;
    }
}
