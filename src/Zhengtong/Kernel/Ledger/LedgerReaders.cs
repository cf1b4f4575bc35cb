using Microsoft.EntityFrameworkCore;
using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Ledger;

/// <summary>Who reads which entries: holders of <see cref="Right.ReadLedger"/> all of them, holders of <see cref="Right.ReadWork"/> what their own organisation did,
/// and what others did to the things it had a hand in: the other side's seal on an agreement is theirs to prove.</summary>
internal static class LedgerReaders
{
    /// <summary>Authorization policy: reads at least some entries.</summary>
    internal const string Policy = "ReadSomeLedger";

    internal static bool MayRead(Actor actor) => actor.May(Right.ReadLedger) || actor.May(Right.ReadWork);

    /// <summary>The entries this reader may see.</summary>
    internal static IQueryable<LedgerEntry> LedgerOf(this ZhengtongDb db, Actor actor)
    {
        var entries = db.Ledger.AsNoTracking();
        return actor.May(Right.ReadLedger) ? entries
            : entries.Where(e => e.ActorOrganisation == actor.Organisation || db.Ledger.Any(own => own.Subject == e.Subject && own.ActorOrganisation == actor.Organisation));
    }
}
