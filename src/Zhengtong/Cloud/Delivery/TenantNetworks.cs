using System.Net;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Cloud.Engines;
using Zhengtong.Kernel;

namespace Zhengtong.Cloud.Delivery;

/// <summary>The network of a department in a pool: its instances reach each other there, and nobody else's reach them.</summary>
internal sealed class TenantNetwork
{
    internal required Guid PoolId { get; init; }

    internal required Guid OrganisationId { get; init; }

    /// <summary>From 0, unique in the platform: gives the range, so that no two overlap wherever they meet.</summary>
    internal required int Number { get; init; }

    /// <summary>What may come in from outside, beside the platform's gateway.</summary>
    internal required IReadOnlyList<SecurityRule> Rules { get; set; }

    /// <summary>From 1; grows with each change of its rules.</summary>
    internal int Revision { get; private set; } = 1;

    internal void Touch() => Revision++;

    /// <summary>Name at the engine: z, eight digits of the pool's id, four of the number. At most 15 characters, since it names an interface.</summary>
    internal EngineName Name => EngineName.Parse($"z{PoolId.ToString("N")[^8..]}{Number:x4}");

    internal EngineName RulesName => EngineName.Parse($"rules-{Name}");

    /// <summary>A /24 of its own.</summary>
    internal IPNetwork RangeIn(IPNetwork space) => TenantNetworks.RangeOf(space, Number);
}

/// <summary>Who else may reach a department's instances.</summary>
/// <param name="Protocol">tcp, udp or icmp.</param>
/// <param name="Source">IPv4 network in CIDR form; null for anywhere.</param>
/// <param name="FromPort">First port, 1 to 65535; null with icmp.</param>
/// <param name="ToPort">Last port.</param>
/// <param name="Note">What it is for, 2 to 100 characters.</param>
public sealed record SecurityRule(string Protocol, string? Source, int? FromPort, int? ToPort, string Note);

/// <summary>Gives departments their networks.</summary>
internal static class TenantNetworks
{
    private const int MostAttempts = 10;

    /// <summary>The department's network in a pool; made when it has none. Saved at once: an engine must never know of a range that we do not.</summary>
    /// <exception cref="InvalidOperationException">No number is left.</exception>
    internal static async Task<TenantNetwork> OfAsync(ZhengtongDb db, Guid pool, Guid organisation, IPNetwork space, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (await db.TenantNetworks.AsNoTracking().SingleOrDefaultAsync(n => n.PoolId == pool && n.OrganisationId == organisation, ct) is { } found) { return found; }
            var next = (await db.TenantNetworks.MaxAsync(n => (int?)n.Number, ct) ?? -1) + 1;
            if (next >= Most(space)) { throw new InvalidOperationException($"All {next} networks of {space} are given out: Cloud:TenantNetworks names a larger space"); }
            var made = new TenantNetwork { PoolId = pool, OrganisationId = organisation, Number = next, Rules = [] };
            db.TenantNetworks.Add(made);
            try
            {
                await db.SaveChangesAsync(ct);
                return made;
            }
            catch (DbUpdateException e) when (e.IsUniqueViolation() && attempt < MostAttempts) { }
            finally { db.Entry(made).State = EntityState.Detached; }
        }
    }

    /// <summary>How many /24 a space has; numbers have four hexadecimal digits.</summary>
    internal static int Most(IPNetwork space) => Math.Min(0x10000, 1 << Math.Max(0, 24 - space.PrefixLength));

    internal static IPNetwork RangeOf(IPNetwork space, int number)
    {
        var bytes = space.BaseAddress.GetAddressBytes();
        (bytes[2], bytes[1]) = ((byte)(bytes[2] + (number & 0xFF)), (byte)(bytes[1] + (number >> 8)));
        return new IPNetwork(new IPAddress(bytes), 24);
    }

    /// <summary>The network's own first address, from which the platform's gateway comes.</summary>
    internal static IPAddress GatewayOf(IPNetwork range)
    {
        var bytes = range.BaseAddress.GetAddressBytes();
        bytes[3]++;
        return new IPAddress(bytes);
    }

    /// <summary>What the engine is to allow at the network's border: its own department's rules, and the gateway's visits to web servers.</summary>
    internal static EngineRules RulesOf(TenantNetwork network, IPNetwork range, IReadOnlyDictionary<string, string> marks)
    {
        var gateway = new IPNetwork(GatewayOf(range), 32);
        List<EngineRule> ingress = [new EngineRule(RuleAction.Allow, RuleProtocol.Tcp, gateway), new EngineRule(RuleAction.Allow, RuleProtocol.Icmp, gateway)];
        ingress.AddRange(network.Rules.Select(r => new EngineRule(RuleAction.Allow, Protocols[r.Protocol], r.Source is { } source ? IPNetwork.Parse(source) : null, null,
            r is { FromPort: { } from, ToPort: { } to } ? new PortRange(from, to) : null)));
        return new EngineRules(network.RulesName, ingress, [], marks);
    }

    internal static readonly IReadOnlyDictionary<string, RuleProtocol> Protocols = new Dictionary<string, RuleProtocol> { ["tcp"] = RuleProtocol.Tcp, ["udp"] = RuleProtocol.Udp, ["icmp"] = RuleProtocol.Icmp };
}
