using System.Security.Cryptography;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Quality;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Reconciliations;

/// <summary>What a comparison found.</summary>
internal sealed record Comparison(
    long ProviderRows, long ConsumerRows, long NotCompared, long Quarantined, long Missing, long Extra, long Different, string ProviderDigest, string ConsumerDigest, int Ranges, DifferenceList List);

/// <summary>One side as it is read again and again. The provider's values are masked as they were when they left: masked values are compared with masked values.</summary>
internal sealed record ComparedSide(DepartmentDatabase Database, Side Side, Source Source, Position? Delivered, Masking? Masking = null);

/// <summary>
/// Compares the agreed rows and columns of two tables; rows are hashed as they stream by, nothing of them is kept but digests.
/// <list type="number">
/// <item>One pass over each side fills a tree of digests over ranges of keys (<see cref="KeyRanges"/>). Equal tables are equal at the root: that is all.</item>
/// <item>Else bisection finds the smallest ranges that differ, and both sides are read again for the rows of these alone, at most <see cref="GroupRows"/> at a time.</item>
/// </list>
/// The provider's side is read first. What it changed since the last delivery is noted by key and left out on both sides, in every pass.
/// </summary>
/// <param name="digests">Digests of rows, with this comparison's salt.</param>
/// <param name="salt">The salt.</param>
/// <param name="advance">Told how many rows were read since it was told last; throws when the comparison is to end.</param>
internal sealed class Comparing(RowDigests digests, byte[] salt, Func<int, Task> advance)
{
    /// <summary>Most rows of differing ranges held at once, both sides together.</summary>
    internal const long GroupRows = 200_000;

    /// <summary>Keys of rows that the provider changed since the last delivery: as many as the next delivery will bring.</summary>
    private readonly HashSet<UInt128> changed = [];
    /// <summary>Keys of rows that wait in quarantine: the provider has them, the consumer has none or an older one, and that is as it should be.</summary>
    private readonly HashSet<UInt128> held = [];
    private readonly DifferenceTally tally = new();

    /// <summary>Rows that the provider changed since the last delivery, as it was told before, masked: they are left out on both sides, in every pass.</summary>
    internal void LeaveOut(RowGroup group)
    {
        for (var row = 0; row < group.Rows; row++) { changed.Add(digests.KeyOf(group.Columns, row)); }
    }

    /// <summary>A masked row that waits in quarantine: it is left out on both sides, in every pass, and counted apart.</summary>
    internal void HoldBack(IReadOnlyList<ColumnBuffer> masked, int row) => held.Add(digests.KeyOf(masked, row));

    internal async Task<Comparison> CompareAsync(ComparedSide provider, ComparedSide consumer, CancellationToken ct)
    {
        var (ours, theirs) = (new KeyRanges(), new KeyRanges());
        await EachAsync(provider, (columns, row) => ours.Add(digests.KeyOf(columns, row), digests.RowOf(columns, row)), ct);
        await EachAsync(consumer, (columns, row) => theirs.Add(digests.KeyOf(columns, row), digests.RowOf(columns, row)), ct);
        var (ourRoot, theirRoot) = (ours.Close(), theirs.Close());
        var (leaves, ranges) = ours.DifferencesTo(theirs);
        foreach (var group in GroupsOf(leaves, ours, theirs)) { await LookAsync(provider, consumer, group, ct); }
        return new Comparison(
            ours.Rows, theirs.Rows, changed.Count, held.Count, tally.Missing, tally.Extra, tally.Different, ourRoot, theirRoot, ranges, tally.ToList(Convert.ToBase64String(salt)));
    }

    /// <summary>Reads the rows of some ranges on both sides and tells which differ. A row that the provider changed after the first pass is no difference.</summary>
    private async Task LookAsync(ComparedSide provider, ComparedSide consumer, HashSet<int> leaves, CancellationToken ct)
    {
        var expected = new Dictionary<UInt128, (RowSum Row, IReadOnlyList<string> Text)>();
        await EachAsync(provider, (columns, row) =>
        {
            var key = digests.KeyOf(columns, row);
            if (leaves.Contains(KeyRanges.LeafOf(key))) { expected[key] = (digests.RowOf(columns, row), digests.TextOf(columns, row)); }
        }, ct);
        await EachAsync(consumer, (columns, row) =>
        {
            var key = digests.KeyOf(columns, row);
            if (!leaves.Contains(KeyRanges.LeafOf(key))) { return; }
            if (!expected.Remove(key, out var there)) { tally.Add(key, new Difference(DifferenceKind.Extra, digests.TextOf(columns, row))); }
            else if (there.Row != digests.RowOf(columns, row)) { tally.Add(key, new Difference(DifferenceKind.Different, there.Text)); }
        }, ct);
        foreach (var (key, there) in expected) { tally.Add(key, new Difference(DifferenceKind.Missing, there.Text)); }
    }

    /// <summary>Where the rows themselves do not say what changed since the last delivery, the capture does.</summary>
    /// <param name="capture">Of the provider's table.</param>
    /// <param name="route">The provider's half.</param>
    /// <param name="place">Up to where it was delivered.</param>
    /// <param name="vault">Opens the place's positions.</param>
    /// <param name="masking">Masks rows as they leave.</param>
    /// <param name="leave">Told of the changed rows, masked.</param>
    /// <param name="ct">Stops the reading.</param>
    /// <returns>False when it can say nothing, or when all rows changed: the delivery's next run says so and copies all rows anew.</returns>
    internal static async Task<bool> TellChangedAsync(Capture capture, ProvidingRoute route, Place place, Vault vault, Masking masking, Action<RowGroup> leave, CancellationToken ct)
    {
        var (position, from) = (Providing.Open(vault, route.Delivery, place.Position), Providing.Open(vault, route.Delivery, place.ChangesFrom));
        try
        {
            await Delivering.Explained(route.Source, Side.Source, async () =>
            {
                await capture.CheckAsync(place, position, from, ct);
                return true;
            });
        }
        catch (CaptureLostException) { return false; }

        await using var groups = capture.ChangedAsync(position ?? new Position([]), ct).GetAsyncEnumerator(ct);
        while (await Delivering.Explained(route.Source, Side.Source, async () => await groups.MoveNextAsync()))
        {
            var group = groups.Current;
            if (group.Clears) { return false; }
            leave(group with { Columns = masking.Mask(group.Columns, group.Rows) });
        }

        return true;
    }

    private async Task EachAsync(ComparedSide side, Action<IReadOnlyList<ColumnBuffer>, int> take, CancellationToken ct)
    {
        await using var groups = side.Source.AllAsync(side.Delivered, ct).GetAsyncEnumerator(ct);
        while (await Delivering.Explained(side.Database, side.Side, async () => await groups.MoveNextAsync()))
        {
            var group = groups.Current;
            var columns = side.Masking?.Mask(group.Columns, group.Rows) ?? group.Columns;
            for (var row = 0; row < group.Rows; row++)
            {
                if (group.Changed.BooleanAt(row)) { changed.Add(digests.KeyOf(columns, row)); }
                else if (changed.Count + held.Count == 0 || (digests.KeyOf(columns, row) is var key && !changed.Contains(key) && !held.Contains(key))) { take(columns, row); }
            }

            await advance(group.Rows);
        }
    }

    /// <summary>Differing ranges in groups whose rows can be held at once.</summary>
    internal static IEnumerable<HashSet<int>> GroupsOf(List<int> leaves, KeyRanges ours, KeyRanges theirs)
    {
        HashSet<int> group = [];
        long rows = 0;
        foreach (var leaf in leaves)
        {
            group.Add(leaf);
            rows += ours.RowsOf(leaf) + theirs.RowsOf(leaf);
            if (rows < GroupRows) { continue; }
            yield return group;
            (group, rows) = ([], 0);
        }

        if (group.Count > 0) { yield return group; }
    }

    internal static byte[] NewSalt() => RandomNumberGenerator.GetBytes(RowDigests.SaltSize);
}
