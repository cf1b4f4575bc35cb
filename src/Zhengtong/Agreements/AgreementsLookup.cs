using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue.Model;

namespace Zhengtong.Agreements;

/// <summary>What an engine may deliver: read from the sealed document, nothing else.</summary>
/// <param name="Id">The agreement.</param>
/// <param name="Number">As people name it: XS-2026-000012.</param>
/// <param name="ResourceId">The information resource.</param>
/// <param name="ResourceName">Its name when agreed.</param>
/// <param name="Provider">The providing organisation.</param>
/// <param name="Consumer">The consuming organisation.</param>
/// <param name="State">Only <see cref="AgreementState.InForce"/> may be delivered.</param>
/// <param name="From">Start of the period, inclusive.</param>
/// <param name="Until">End of the period, exclusive.</param>
/// <param name="EverySeconds">How often changes are looked for, 1 to 86,400 seconds.</param>
/// <param name="Items">The agreed items in order; at least the key.</param>
/// <param name="Rows">Conditions that every delivered row meets; empty for all rows.</param>
/// <param name="Digest">Lower-case hex digest of the sealed document, by its suite.</param>
/// <param name="Suite">The agreed cryptographic suite, <see cref="Kernel.Secrets.Suite.Word"/>; an engine refuses one it does not know.</param>
/// <param name="Kind">Which engine delivers it.</param>
/// <param name="Operations">Of an API: the operations that may be called; empty otherwise.</param>
/// <param name="Limits">Of an API: how much may be called; null otherwise.</param>
internal sealed record AgreementTerms(
    Guid Id, string Number, Guid ResourceId, string ResourceName, Guid Provider, Guid Consumer, AgreementState State,
    DateTimeOffset From, DateTimeOffset Until, int EverySeconds, IReadOnlyList<AgreedItem> Items, IReadOnlyList<RowCondition> Rows, string Digest, string Suite,
    DeliveryKind Kind = DeliveryKind.Table, IReadOnlyList<AgreedOperation>? Operations = null, ApiLimits? Limits = null)
{
    /// <summary>Since when data could flow: the period may begin before the last seal is set, and a suspension is no time in which anything could have come.</summary>
    internal DateTimeOffset FlowsFrom { get; init; }

    /// <summary>True when data may flow at this moment.</summary>
    internal bool AllowsDelivery(DateTimeOffset now) => State == AgreementState.InForce && From <= now && now < Until;
}

/// <summary>An item as agreed, with the mask and the check that the catalogue gave it.</summary>
internal sealed record AgreedItem(
    string Name, string Column, ItemType Type, int? Length, bool IsKey, ItemMask Mask = ItemMask.None, int? MaskKeep = null, ItemCheck Check = ItemCheck.None, IReadOnlyList<string>? Codes = null);

/// <summary>An operation as agreed.</summary>
/// <param name="Method">Upper-case HTTP method.</param>
/// <param name="Path">Path template below the service's base address, from a slash; a parameter in braces stands for one segment.</param>
internal sealed record AgreedOperation(string Method, string Path);

/// <summary>How much of an API may be called.</summary>
/// <param name="CallsPerDay">Most calls in a day in China, from 1.</param>
/// <param name="CallsPerSecond">Most calls begun in a second, from 1.</param>
/// <param name="Concurrent">Most calls at once, from 1.</param>
public sealed record ApiLimits(int CallsPerDay, int CallsPerSecond, int Concurrent);

/// <summary>What proves an agreement.</summary>
/// <param name="Document">The canonical document that both sides signed.</param>
/// <param name="ProviderSeal">The provider's seal, if it is there.</param>
/// <param name="ConsumerSeal">The consumer's seal, if it is there.</param>
internal sealed record AgreementEvidence(string Document, Seal? ProviderSeal, Seal? ConsumerSeal);

/// <summary>What other modules may ask Agreements.</summary>
internal sealed class AgreementsLookup(ZhengtongDb db)
{
    /// <summary>The terms of one agreement in whatever state, or null.</summary>
    internal async Task<AgreementTerms?> FindAsync(Guid id, CancellationToken ct) =>
        (await db.Agreements.AsNoTracking().SingleOrDefaultAsync(a => a.Id == id, ct))?.Terms();

    /// <summary>The terms of the agreement of this number in whatever state, or null.</summary>
    internal async Task<AgreementTerms?> FindAsync(string number, CancellationToken ct) =>
        (await db.Agreements.AsNoTracking().SingleOrDefaultAsync(a => a.Number == number, ct))?.Terms();

    /// <summary>A consumer's agreements over a resource that are in force, whatever their periods, the oldest first.</summary>
    internal async Task<IReadOnlyList<AgreementTerms>> InForceAsync(Guid consumer, Guid resource, CancellationToken ct) =>
        [.. (await db.Agreements.AsNoTracking().Where(a => a.ConsumerId == consumer && a.ResourceId == resource && a.State == AgreementState.InForce).OrderBy(a => a.Number).ToListAsync(ct)).Select(a => a.Terms())];

    /// <summary>The sealed document with both seals, for receipts; null when there is none.</summary>
    internal async Task<AgreementEvidence?> FindEvidenceAsync(Guid id, CancellationToken ct) =>
        await db.Agreements.AsNoTracking().SingleOrDefaultAsync(a => a.Id == id, ct) is { } agreement ? new AgreementEvidence(agreement.Document, agreement.ProviderSeal, agreement.ConsumerSeal) : null;

    /// <summary>Ids of the agreements, in whatever state, in which one of these organisations gives.</summary>
    internal async Task<IReadOnlyList<Guid>> OfProvidersAsync(IReadOnlySet<Guid> providers, CancellationToken ct) =>
        await db.Agreements.AsNoTracking().Where(a => providers.Contains(a.ProviderId)).Select(a => a.Id).ToListAsync(ct);

    /// <summary>The agreements of one kind that allow delivery now and in which this organisation gives or takes.</summary>
    internal async Task<IReadOnlyList<AgreementTerms>> OfPartyAsync(Guid organisation, DeliveryKind kind, DateTimeOffset now, CancellationToken ct) =>
        [.. (await db.Agreements.AsNoTracking().Where(a => (a.ProviderId == organisation || a.ConsumerId == organisation) && a.State == AgreementState.InForce && a.From <= now && a.Until > now).ToListAsync(ct))
            .Select(a => a.Terms()).Where(t => t.Kind == kind)];

    /// <summary>All agreements that allow delivery now, for reconcilers.</summary>
    internal async Task<IReadOnlyList<AgreementTerms>> InForceAsync(DateTimeOffset now, CancellationToken ct) =>
        [.. (await db.Agreements.AsNoTracking().Where(a => a.State == AgreementState.InForce && a.From <= now && a.Until > now).ToListAsync(ct)).Select(a => a.Terms())];
}
