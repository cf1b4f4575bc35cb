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
internal sealed record AgreementTerms(
    Guid Id, string Number, Guid ResourceId, string ResourceName, Guid Provider, Guid Consumer, AgreementState State,
    DateTimeOffset From, DateTimeOffset Until, int EverySeconds, IReadOnlyList<AgreedItem> Items, IReadOnlyList<RowCondition> Rows, string Digest, string Suite)
{
    /// <summary>True when data may flow at this moment.</summary>
    internal bool AllowsDelivery(DateTimeOffset now) => State == AgreementState.InForce && From <= now && now < Until;
}

/// <summary>An item as agreed.</summary>
internal sealed record AgreedItem(string Name, string Column, ItemType Type, int? Length, bool IsKey);

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

    /// <summary>The sealed document with both seals, for receipts; null when there is none.</summary>
    internal async Task<AgreementEvidence?> FindEvidenceAsync(Guid id, CancellationToken ct) =>
        await db.Agreements.AsNoTracking().SingleOrDefaultAsync(a => a.Id == id, ct) is { } agreement ? new AgreementEvidence(agreement.Document, agreement.ProviderSeal, agreement.ConsumerSeal) : null;

    /// <summary>All agreements that allow delivery now, for reconcilers.</summary>
    internal async Task<IReadOnlyList<AgreementTerms>> InForceAsync(DateTimeOffset now, CancellationToken ct) =>
        [.. (await db.Agreements.AsNoTracking().Where(a => a.State == AgreementState.InForce && a.From <= now && a.Until > now).ToListAsync(ct)).Select(a => a.Terms())];
}
