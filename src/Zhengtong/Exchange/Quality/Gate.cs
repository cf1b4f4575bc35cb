using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Secrets;
using Zhengtong.Web;

namespace Zhengtong.Exchange.Quality;

/// <summary>What a delivery has in quarantine, and which of its rows are doubted, as the gate starts with it.</summary>
/// <param name="Keys">Digests of the rows' keys, 32 hex digits each.</param>
/// <param name="Most">Most rows that may wait there.</param>
/// <param name="Doubted">Corrections under way.</param>
/// <param name="Discarded">Digests of the keys of rows that the provider discarded: they wait no more, but a newer version of one is still its newer version. Null: none.</param>
/// <param name="DoubtSecret">Secret under which the doubted keys are digested; null: the half's own, as for the others.</param>
internal sealed record Quarantined(IReadOnlyList<string> Keys, int Most, IReadOnlyList<Doubt> Doubted, IReadOnlyList<string>? Discarded = null, byte[]? DoubtSecret = null);

/// <summary>A correction under way, as the gate knows it.</summary>
/// <param name="Correction">Which.</param>
/// <param name="Key">Digest of the key of the doubted row, 32 lower-case hex digits.</param>
internal sealed record Doubt(Guid Correction, string Key);

/// <summary>What stays behind when a group of rows goes on, and what it settles.</summary>
/// <param name="Rejected">Rows for quarantine.</param>
/// <param name="Newer">Digests of quarantined keys of which the group has a newer version, passed, deleted or rejected.</param>
/// <param name="Sent">Rows of the quarantine that are the group's rows.</param>
/// <param name="Carried">Corrections whose doubted rows are among the rows that go on.</param>
/// <param name="Clears">True when every row of before is gone: none of the quarantine is of use any more.</param>
internal sealed record SetAside(IReadOnlyList<SetAsideRow> Rejected, IReadOnlyList<string> Newer, IReadOnlyList<Guid> Sent, IReadOnlyList<Guid> Carried, bool Clears = false)
{
    internal static readonly SetAside Nothing = new([], [], [], []);

    internal bool IsEmpty => Rejected.Count + Newer.Count + Sent.Count + Carried.Count == 0 && !Clears;
}

/// <summary>A row for quarantine.</summary>
/// <param name="Id">Its id there.</param>
/// <param name="KeyDigest">Digest of its key, 32 hex digits.</param>
/// <param name="Reasons">Every reason.</param>
/// <param name="Row">The row, sealed by the provider's half; null where only its front-end node has it.</param>
internal sealed record SetAsideRow(Guid Id, string KeyDigest, IReadOnlyList<QualityReason> Reasons, byte[]? Row);

/// <summary>A row that leaves quarantine by an officer's word.</summary>
/// <param name="Id">Its id there.</param>
/// <param name="Row">The row, sealed by the provider's half.</param>
internal sealed record ReleasedRow(Guid Id, byte[] Row);

/// <summary>The gate between reading and sealing: each row is checked as agreed, the good ones are masked and go on, the bad ones stay behind with every reason.</summary>
/// <remarks>Works on whole columns: a group in which all is well passes without being copied, only masked columns are written anew. A change and a deletion of a row that waits
/// in quarantine take its place there, so what is released later is never older than what the consumer has. One for each phase of a run; not thread-safe.</remarks>
/// <param name="route">What is read.</param>
/// <param name="quarantined">What waits already.</param>
/// <param name="vault">Seals rows that stay behind.</param>
/// <param name="clock">Now.</param>
internal sealed class Gate(ProvidingRoute route, Quarantined quarantined, Vault vault, TimeProvider clock)
{
    private readonly Checking checking = new(route.Terms.Items, ChinaTime.DateOf(clock.GetUtcNow()));
    private readonly Masking masking = new(route.Terms.Items, route.Secrets.Mask);
    private readonly RowDigests keys = new(route.Terms.Items, route.Secrets.Keys);
    private readonly ColumnBuffer[] good = [.. route.Terms.Items.Select(i => new ColumnBuffer(i.Type))];
    private readonly HashSet<string> waiting = [.. quarantined.Keys];
    private readonly HashSet<string> discarded = [.. quarantined.Discarded ?? []];
    private readonly ILookup<string, Guid> doubted = quarantined.Doubted.ToLookup(d => d.Key, d => d.Correction);
    private readonly RowDigests doubtKeys = new(route.Terms.Items, quarantined.DoubtSecret ?? route.Secrets.Keys);

    /// <summary>Screens a group as it was read. What passes is valid until the next group; it may be without rows.</summary>
    /// <exception cref="ExchangeFault">Too many rows would wait in quarantine: nothing of the group is taken.</exception>
    internal (RowGroup Passed, SetAside Aside) Pass(RowGroup group)
    {
        var upserts = group.Rows - group.Deletes;
        var faults = checking.FaultsOf(group.Columns, upserts);
        var masked = masking.Mask(group.Columns, group.Rows);
        if (group.Clears)
        {
            waiting.Clear();
            discarded.Clear();
        }

        List<string> newer = [];
        for (var row = 0; waiting.Count + discarded.Count > 0 && row < group.Rows; row++)
        {
            var key = KeyOf(keys, masked, row);
            if (waiting.Remove(key) || discarded.Remove(key)) { newer.Add(key); }
        }

        if (waiting.Count + faults.Count > quarantined.Most) { throw Full(waiting.Count + faults.Count, faults.Values); }
        var now = clock.GetUtcNow();
        List<SetAsideRow> rejected = [];
        foreach (var (row, reasons) in faults)
        {
            var (id, key) = (Guid.CreateVersion7(now), KeyOf(keys, masked, row));
            rejected.Add(new SetAsideRow(id, key, reasons, vault.Seal(RowBytes.Of(group.Columns, row), QuarantinedRow.PurposeOf(id))));
            waiting.Add(key);
        }

        var nameless = NamelessOf(group);
        var aside = new SetAside(rejected, newer, [], CarriedOf(masked, Enumerable.Range(0, group.Rows).Where(row => !faults.ContainsKey(row))), group.Clears);
        return (faults.Count + nameless.Count == 0 ? group with { Columns = masked } : Without(group, masked, [.. faults.Keys, .. nameless]) with { Deletes = group.Deletes - nameless.Count }, aside);
    }

    /// <summary>Lets rows go that an officer released: masked like any other, checked no more.</summary>
    internal (RowGroup Passed, SetAside Aside) Release(IReadOnlyList<ReleasedRow> rows)
    {
        foreach (var column in good) { column.Clear(); }
        List<Guid> sent = [];
        foreach (var row in rows)
        {
            RowBytes.AppendTo(good, vault.Open(row.Row, QuarantinedRow.PurposeOf(row.Id)));
            sent.Add(row.Id);
            if (good.Sum(c => (long)c.Bytes) >= route.Reading.BatchBytes) { break; }
        }

        var masked = masking.Mask(good, sent.Count);
        return (new RowGroup(masked, sent.Count, new Position([])), new SetAside([], [], sent, CarriedOf(masked, Enumerable.Range(0, sent.Count))));
    }

    /// <summary>Corrections of rows among these.</summary>
    private IReadOnlyList<Guid> CarriedOf(IReadOnlyList<ColumnBuffer> masked, IEnumerable<int> rows) =>
        doubted.Count == 0 ? [] : [.. rows.SelectMany(row => doubted[KeyOf(doubtKeys, masked, row)]).Distinct()];

    /// <summary>Digest of the key of a masked row. The consumer has keys only masked, so that is how both sides know a row.</summary>
    internal static string KeyOf(RowDigests keys, IReadOnlyList<ColumnBuffer> masked, int row) => keys.HexOf(masked, row);

    /// <summary>Deletions of rows whose key is none of its type: such a row never left, so there is nothing to delete.</summary>
    private List<int> NamelessOf(RowGroup group)
    {
        if (group.Deletes == 0 || group.Columns.All(c => c.Unfit.Count == 0)) { return []; }
        return [.. Enumerable.Range(group.Rows - group.Deletes, group.Deletes).Where(row => group.Columns.Any(c => c.UnfitAt(row) is not null))];
    }

    private RowGroup Without(RowGroup group, IReadOnlyList<ColumnBuffer> masked, IEnumerable<int> bad)
    {
        foreach (var column in good) { column.Clear(); }
        using var next = bad.GetEnumerator();
        var skipped = next.MoveNext() ? next.Current : -1;
        for (var row = 0; row < group.Rows; row++)
        {
            if (row == skipped)
            {
                skipped = next.MoveNext() ? next.Current : -1;
                continue;
            }

            for (var n = 0; n < good.Length; n++) { good[n].AppendFrom(masked[n], row); }
        }

        return group with { Columns = good, Rows = good[0].Count };
    }

    /// <summary>So many bad rows mean that something is wrong with the source and not with a row.</summary>
    private ExchangeFault Full(int rows, IEnumerable<List<QualityReason>> reasons) => new(ExchangeProblems.QuarantineFull,
    [
        new Fault("", "exchange.fault.quarantine-full", $"{rows}", $"{quarantined.Most}"),
        .. reasons.SelectMany(r => r).CountBy(r => r).OrderByDescending(r => r.Value).Select(r => new Fault("", $"exchange.fault.quality.{Show.Kebab(r.Key.Fault.ToString())}", r.Key.Item, $"{r.Value}")),
    ]);
}
