using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Ledger;

namespace Zhengtong.Exchange.Gateway;

/// <summary>By what an information system of the caller's department is known. At least one way; each is enough alone.</summary>
/// <param name="Name">What it is, 2 to 60 characters.</param>
/// <param name="ClientId">An API client of the department, whose bearer tokens it shows; null for none.</param>
/// <param name="Certificates">SHA-256 fingerprints of client certificates, 64 hex digits, colons allowed; at most 10.</param>
/// <param name="Addresses">Addresses or networks (CIDR) from which it calls without further proof, IPv4 of at least 16 bits, IPv6 of at least 48; at most 50.</param>
public sealed record SetInformationSystemRequest(
    [Required, StringLength(60, MinimumLength = 2)] string Name,
    Guid? ClientId,
    [MaxLength(10)] IReadOnlyList<string>? Certificates,
    [MaxLength(50)] IReadOnlyList<string>? Addresses);

internal static class SetInformationSystem
{
    internal static void Map(IEndpointRouteBuilder group) => group.MapPut("/information-systems/{code}", Handle)
        .Requires(Right.OperateExchange).ProducesProblem(403).ProducesProblem(409);

    /// <summary>Register an information system of the caller's department, or change by what it is known. It may call what agreements of the department allow.</summary>
    /// <param name="code">Its subsystem code, 1 to 60 of the characters that X-Road allows: letters, digits and <c>'()+,-.=?</c>.</param>
    /// <response code="204">Set; ledger event exchange.information-system-set.</response>
    /// <response code="400">kernel.invalid</response>
    /// <response code="409">kernel.changed-meanwhile</response>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        string code, SetInformationSystemRequest request, Actor actor, ZhengtongDb db, TimeProvider clock, CancellationToken ct)
    {
        var certificates = (request.Certificates ?? []).Select(c => c.Replace(":", "", StringComparison.Ordinal).Trim().ToLowerInvariant()).Distinct().ToList();
        var networks = (request.Addresses ?? []).Select(NetworkOf).ToList();
        var faults = FaultsOf(code, request, certificates, networks);
        if (request.ClientId is { } asked && !await db.ApiClients.AnyAsync(c => c.Id == asked && c.OrganisationId == actor.Organisation && c.RevokedAt == null, ct)) { faults["clientId"] = [Text.Of("exchange.system.client-unknown")]; }
        if (faults.Count > 0) { return KernelProblems.Invalid.For(faults); }

        var now = clock.GetUtcNow();
        List<string> addresses = [.. networks.OfType<IPNetwork>().Select(n => n.ToString()).Distinct()];
        var system = await db.InformationSystems.SingleOrDefaultAsync(s => s.OrganisationId == actor.Organisation && s.SubsystemCode == code, ct);
        var before = system is null ? null : new { system.Name, system.ClientId, system.Certificates, system.Addresses };
        if (system is null)
        {
            db.InformationSystems.Add(system = new InformationSystem
            {
                Id = Guid.CreateVersion7(now), OrganisationId = actor.Organisation, SubsystemCode = code, Name = request.Name, ClientId = request.ClientId, Certificates = certificates, Addresses = addresses, SetAt = now,
            });
        }

        (system.Name, system.ClientId, system.Certificates, system.Addresses, system.SetAt) = (request.Name, request.ClientId, certificates, addresses, now);
        db.Ledger.Add(LedgerEntry.Of("exchange.information-system-set", system.Id, actor, now, before: before, after: new { code, system.Name, system.ClientId, system.Certificates, system.Addresses }));
        try { await db.SaveChangesAsync(ct); }
        catch (DbUpdateException e) when (e is DbUpdateConcurrencyException || e.IsUniqueViolation()) { return KernelProblems.ChangedMeanwhile.Because(code); }
        return TypedResults.NoContent();
    }

    private static Dictionary<string, string[]> FaultsOf(string code, SetInformationSystemRequest request, List<string> certificates, List<IPNetwork?> networks)
    {
        var faults = new Dictionary<string, string[]>();
        if (!XRoadId.IsCode(code)) { faults["code"] = [Text.Of("exchange.service.code-form")]; }
        if (certificates.Exists(c => c.Length != 64 || !c.All(char.IsAsciiHexDigit))) { faults["certificates"] = [Text.Of("exchange.system.certificate-form")]; }
        if (networks.Contains(null)) { faults["addresses"] = [Text.Of("exchange.system.address-form")]; }
        if (request.ClientId is null && certificates.Count == 0 && networks.Count == 0) { faults["clientId"] = [Text.Of("exchange.system.no-way")]; }
        return faults;
    }

    /// <summary>An address alone is a network of one; null for what is none, or so wide that it would name half the world.</summary>
    private static IPNetwork? NetworkOf(string text)
    {
        var network = IPAddress.TryParse(text.Trim(), out var one) ? new IPNetwork(one, one.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)
            : IPNetwork.TryParse(text.Trim(), out var read) ? read : (IPNetwork?)null;
        return network is { } known && known.PrefixLength >= (known.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? 16 : 48) ? known : null;
    }
}
