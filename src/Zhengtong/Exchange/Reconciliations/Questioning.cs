using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Nodes;
using Zhengtong.Exchange.Quality;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Reconciliations;

/// <summary>How far a look at a reconciliation by questions came.</summary>
/// <param name="Went">False when it waits for somebody.</param>
/// <param name="Problem">Code of why it is over without a result; null when it is not.</param>
/// <param name="Concluded">The result with both signatures; null while there is none.</param>
internal sealed record Asked(bool Went, string? Problem = null, Concluded? Concluded = null)
{
    internal static readonly Asked Waits = new(false);
    internal static readonly Asked Further = new(true);
}

/// <summary>A result that both sides signed.</summary>
internal sealed record Concluded(Comparison Found, string Document, string ProviderSignature, string ConsumerSignature, string ProviderKey, string ConsumerKey);

/// <summary>
/// A reconciliation of which at least one side is on a front-end node. The platform asks, the sides answer with counts and digests (<see cref="SideReading"/>); a node fetches its questions, so nothing is
/// dialled but from its side. The bisection is done here, over the answers; rows stay where they are.
/// <list type="number">
/// <item>The provider's side tells every range of keys, and which rows are no differences. From then on its half rests, so that the position stays.</item>
/// <item>The consumer's side does the same, once it gave its receipt for every batch up to there.</item>
/// <item>Each side tells the rows of the ranges that differ, at most so many at a time.</item>
/// <item>Both sign the statement.</item>
/// </list>
/// Every question and answer is saved; a crash of a node, or of the platform, loses at most the answer under way. When something was delivered meanwhile in spite of all, it begins again.
/// </summary>
internal sealed class Questioning(Delivering delivering, Vault vault, TimeProvider clock, IOptions<ExchangeOptions> exchange, IOptions<NodeOptions> options, IServiceScopeFactory scopes)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    /// <summary>Goes one step, under the delivery's lease.</summary>
    internal async Task<Asked> StepAsync(Guid id, HostedHalves halves, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var db = services.GetRequiredService<ZhengtongDb>();
        var nodes = await services.GetRequiredService<NodeDeliveries>().HalvesOfAsync(halves.Delivery, ct);
        var reconciliation = await db.Reconciliations.SingleAsync(r => r.Id == id, ct);
        var delivery = await db.Deliveries.AsNoTracking().SingleAsync(d => d.Id == halves.Delivery, ct);
        var last = await db.ComparisonPasses.Where(p => p.ReconciliationId == id).OrderByDescending(p => p.Number)
            .Select(p => new { p.Id, p.Role, p.NodeId, p.AskedAt, p.AnsweredAt }).FirstOrDefaultAsync(ct);
        if (delivery.Phase != DeliveryPhase.Changes) { return last is null ? Asked.Waits : await AgainAsync(db, id, ct); }
        if (last is null) { return await BeginAsync(db, reconciliation, delivery, nodes, ct); }
        // The department moved its side elsewhere.
        if (last.NodeId != (last.Role == NodeRole.Provider ? nodes.Provider : nodes.Consumer)) { return await AgainAsync(db, id, ct); }
        if (last.AnsweredAt is null) { return last.NodeId is not null ? await WaitAsync(db, nodes, last.AskedAt, ct) : await AnswerAsync(services, db, last.Id, delivery, halves, nodes, ct); }
        return await NextAsync(services, db, reconciliation, delivery, halves, nodes, ct);
    }

    /// <summary>What the node is asked; null when the question is none of its, or was answered.</summary>
    internal async Task<NodeComparisonQuestion?> QuestionAsync(ZhengtongDb db, Guid pass, Guid node, CancellationToken ct)
    {
        var asked = await db.ComparisonPasses.AsNoTracking().SingleOrDefaultAsync(p => p.Id == pass && p.NodeId == node && p.AnsweredAt == null, ct);
        if (asked is null) { return null; }
        var passes = await db.ComparisonPasses.AsNoTracking().Where(p => p.ReconciliationId == asked.ReconciliationId && p.Kind != PassKind.Sign && p.AnsweredAt != null).OrderBy(p => p.Number).ToListAsync(ct);
        var first = passes.FirstOrDefault();
        var delivery = await db.Reconciliations.Where(r => r.Id == asked.ReconciliationId).Select(r => r.DeliveryId).SingleAsync(ct);
        var salt = first is null ? asked.Salt : first.Salt;
        return new NodeComparisonQuestion(
            pass, asked.ReconciliationId, delivery, asked.Role, asked.Kind, first is null ? null : HeadOf(first).Sequence, salt is null ? null : Convert.ToBase64String(OpenSalt(asked.ReconciliationId, salt)),
            first is null ? null : HeadOf(first).Salt, asked.Leaves is null ? null : Convert.ToBase64String(asked.Leaves),
            asked.Role == NodeRole.Consumer && asked.Kind != PassKind.Sign ? Convert.ToBase64String(BytesOf(LeftOutOf(passes.Where(p => p.Role == NodeRole.Provider)))) : null, asked.Document,
            asked.Kind == PassKind.Sign ? Compare(passes).List.Listed : null);
    }

    private async Task<Asked> BeginAsync(ZhengtongDb db, Reconciliation reconciliation, Delivery delivery, Halves nodes, CancellationToken ct)
    {
        if (await IsUnderWayAsync(db, delivery.Id, ct) || await db.FrontEndNodes.AnyAsync(n => (n.Id == nodes.Provider || n.Id == nodes.Consumer) && (n.SilentSince != null || n.RevokedAt != null || n.EnrolledAt == null), ct))
        {
            return Asked.Waits;
        }

        var now = clock.GetUtcNow();
        reconciliation.Begin(delivery.Sequence, 2 * (delivery.EstimatedRows ?? 0), now);
        // Where the platform hosts one of the sides, it has that side's rows anyway.
        var salt = nodes is { Provider: not null, Consumer: not null } ? null : vault.Seal(Comparing.NewSalt(), ComparisonPass.PurposeOf(reconciliation.Id));
        db.ComparisonPasses.Add(NewPass(reconciliation.Id, 0, NodeRole.Provider, PassKind.Ranges, nodes, now, salt: salt));
        await db.SaveChangesAsync(ct);
        return Asked.Further;
    }

    /// <summary>A node may be away for a while; not for ever, because the provider's half rests meanwhile.</summary>
    private async Task<Asked> WaitAsync(ZhengtongDb db, Halves nodes, DateTimeOffset since, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var silent = now.AddMinutes(-options.Value.AnswerMinutes);
        var isGone = await db.FrontEndNodes.AnyAsync(n => (n.Id == nodes.Provider || n.Id == nodes.Consumer) && (n.RevokedAt != null || n.SilentSince < silent), ct);
        return isGone || now - since > TimeSpan.FromHours(options.Value.ComparisonHours) ? new Asked(true, ExchangeProblems.ComparisonUnanswered.Code) : Asked.Waits;
    }

    /// <summary>Reads the side that the platform hosts.</summary>
    private async Task<Asked> AnswerAsync(IServiceProvider services, ZhengtongDb db, Guid id, Delivery delivery, HostedHalves halves, Halves nodes, CancellationToken ct)
    {
        var pass = await db.ComparisonPasses.SingleAsync(p => p.Id == id, ct);
        if (pass.Kind == PassKind.Sign)
        {
            var keys = services.GetRequiredService<OrganisationKeys>();
            var key = await SignerAsync(keys, pass.Role, halves, null, ct);
            pass.Take(TextOf(SideHead.Signed(delivery.Sequence, keys.Sign(key!, Encoding.UTF8.GetBytes(pass.Document!)))), null, clock.GetUtcNow());
            await db.SaveChangesAsync(ct);
            return Asked.Further;
        }

        if (await IsUnderWayAsync(db, delivery.Id, ct)) { return await WaitAsync(db, nodes, pass.AskedAt, ct); }
        var answered = await db.ComparisonPasses.AsNoTracking().Where(p => p.ReconciliationId == pass.ReconciliationId && p.Kind != PassKind.Sign && p.Number < pass.Number).OrderBy(p => p.Number).ToListAsync(ct);
        var digests = new RowDigests(halves.Terms.Items, OpenSalt(pass.ReconciliationId, answered.FirstOrDefault()?.Salt ?? pass.Salt!));
        var (leaves, advance) = (ComparisonPass.LeavesOf(pass.Leaves), Advancing(halves.Terms.Id, ct));
        SideReading? reading;
        if (halves.Provider is { } provider)
        {
            var held = await QuarantineBook.Kept(db, delivery.Id).Where(q => q.Row != null).Select(q => new ReleasedRow(q.Id, q.Row!)).ToListAsync(ct);
            reading = await SideReading.OfProviderAsync(provider, Place.Of(delivery), vault, held, digests, leaves, advance, ct);
        }
        else
        {
            var leftOut = LeftOutOf(answered.Where(p => p.Role == NodeRole.Provider));
            reading = await SideReading.OfConsumerAsync(halves.Consumer!, exchange.Value.BatchRows, exchange.Value.BatchBytes, leftOut, digests, leaves, advance, ct);
        }

        // The delivery's next run says so and copies all rows anew.
        if (reading is null) { return new Asked(true, ExchangeProblems.SnapshotUnfinished.Code); }
        pass.Take(TextOf(SideHead.Of(delivery.Sequence, reading)), reading.ToBytes(), clock.GetUtcNow());
        await db.SaveChangesAsync(ct);
        await CountAsync(db, pass.ReconciliationId, ct);
        return Asked.Further;
    }

    /// <summary>All that was asked is answered: asks the next, or concludes.</summary>
    private async Task<Asked> NextAsync(
        IServiceProvider services, ZhengtongDb db, Reconciliation reconciliation, Delivery delivery, HostedHalves halves, Halves nodes, CancellationToken ct)
    {
        // An answer may be millions of bytes, and there may be many: they are read when there is something to do with them, not at each step.
        var all = db.ComparisonPasses.AsNoTracking().Where(p => p.ReconciliationId == reconciliation.Id).OrderBy(p => p.Number);
        var answered = await all.Select(p => new { p.Kind, p.AskedAt, Head = p.Head! }).ToListAsync(ct);
        var heads = answered.Select(p => HeadOf(p.Head)).ToList();
        if (heads.Select(h => h.Problem).FirstOrDefault(p => p is not null) is { } problem) { return new Asked(true, problem); }
        // Something was delivered in between: what the answers say no longer fits together.
        if (heads.Any(h => h.Sequence != delivery.Sequence)) { return await AgainAsync(db, reconciliation.Id, ct); }

        var now = clock.GetUtcNow();
        if (answered.Count == 1)
        {
            if (await IsUnderWayAsync(db, delivery.Id, ct)) { return await WaitAsync(db, nodes, answered[0].AskedAt, ct); }
            reconciliation.Bound(delivery.Sequence);
            db.ComparisonPasses.Add(NewPass(reconciliation.Id, 1, NodeRole.Consumer, PassKind.Ranges, nodes, now));
            await db.SaveChangesAsync(ct);
            return Asked.Further;
        }

        var ranges = await all.Where(p => p.Kind == PassKind.Ranges).ToListAsync(ct);
        var (ours, theirs) = (ReadingOf(ranges[0]), ReadingOf(ranges[1]));
        var (ourRoot, theirRoot) = (ours.Ranges.Close(), theirs.Ranges.Close());
        var (leaves, compared) = ours.Ranges.DifferencesTo(theirs.Ranges);
        var groups = Comparing.GroupsOf(leaves, ours.Ranges, theirs.Ranges).ToList();
        var told = answered.Count(p => p.Kind == PassKind.Rows);
        if (told < 2 * groups.Count)
        {
            db.ComparisonPasses.Add(NewPass(
                reconciliation.Id, answered.Count, told % 2 == 0 ? NodeRole.Provider : NodeRole.Consumer, PassKind.Rows, nodes, now, leaves: ComparisonPass.BitsOf(groups[told / 2])));
            await db.SaveChangesAsync(ct);
            return Asked.Further;
        }

        var passes = await all.ToListAsync(ct);
        var signed = passes.Where(p => p.Kind == PassKind.Sign).ToList();
        var found = Compare(passes) with { ProviderDigest = ourRoot, ConsumerDigest = theirRoot, Ranges = compared, ProviderRows = ours.Ranges.Rows, ConsumerRows = theirs.Ranges.Rows };
        if (signed.Count < 2)
        {
            var document = signed.Count == 1 ? signed[0].Document! : await DocumentAsync(services.GetRequiredService<OrganisationKeys>(), db, reconciliation, halves, nodes, found, ct);
            db.ComparisonPasses.Add(NewPass(reconciliation.Id, passes.Count, signed.Count == 0 ? NodeRole.Provider : NodeRole.Consumer, PassKind.Sign, nodes, now, document: document));
            await db.SaveChangesAsync(ct);
            return Asked.Further;
        }

        var statement = StatementDocument.Parse(signed[0].Document!)!;
        var list = await NamedAsync(passes, found.List, halves, ct);
        return new Asked(true, null, new Concluded(
            found with { List = list }, signed[0].Document!, HeadOf(signed[0]).Signature!, HeadOf(signed[1]).Signature!, statement.ProviderKey, statement.ConsumerKey));
    }

    /// <summary>Which rows differ, by the digests of both sides. What the provider changed while it was read again and again is no difference.</summary>
    private Comparison Compare(List<ComparisonPass> passes)
    {
        var leftOut = LeftOutOf(passes.Where(p => p.Role == NodeRole.Provider && p.Kind != PassKind.Sign));
        var tally = new DifferenceTally();
        foreach (var group in passes.Where(p => p.Kind == PassKind.Rows).Chunk(2))
        {
            var (ours, theirs) = (ReadingOf(group[0]).Rows, ReadingOf(group[1]).Rows);
            foreach (var (key, row) in theirs.Where(r => !leftOut.Contains(r.Key)))
            {
                if (!ours.TryGetValue(key, out var expected)) { Tell(DifferenceKind.Extra, key); }
                else if (expected != row) { Tell(DifferenceKind.Different, key); }
            }

            foreach (var key in ours.Keys.Where(k => !theirs.ContainsKey(k) && !leftOut.Contains(k))) { Tell(DifferenceKind.Missing, key); }
        }

        var (changed, held) = (passes.Where(p => p.Role == NodeRole.Provider && p.Kind != PassKind.Sign).Max(p => HeadOf(p).Changed), HeadOf(passes[0]).Held);
        var salt = passes[0].Salt is { } known ? Convert.ToBase64String(OpenSalt(passes[0].ReconciliationId, known)) : "";
        return new Comparison(0, 0, changed, held, tally.Missing, tally.Extra, tally.Different, "", "", 0, tally.ToList(salt));

        void Tell(DifferenceKind kind, UInt128 key) => tally.Add(key, new Difference(kind, [], RowDigests.HexOf(key)));
    }

    /// <summary>Puts the keys to the differences that the hosted side has, in one more reading of it. What only a node has stays a digest.</summary>
    private async Task<DifferenceList> NamedAsync(List<ComparisonPass> passes, DifferenceList list, HostedHalves halves, CancellationToken ct)
    {
        if (list.Listed.Count == 0 || passes[0].Salt is not { } salt) { return list; }
        var digests = new RowDigests(halves.Terms.Items, OpenSalt(passes[0].ReconciliationId, salt));
        var wanted = list.Listed.Select(d => d.Digest!).ToHashSet();
        Dictionary<string, IReadOnlyList<string>> names = [];
        var (database, side) = halves.Provider is { } provider ? (provider.Source, Side.Source) : (halves.Consumer!.Target, Side.Target);
        var masking = halves.Provider is null ? null : new Masking(halves.Terms.Items, halves.Provider.Secrets.Mask);
        await using var source = halves.Provider is null
            ? await SideReading.OpenAsync(halves.Consumer!, exchange.Value.BatchRows, exchange.Value.BatchBytes, ct)
            : await Delivering.Explained(database, side, () => database.OpenSourceAsync(halves.Provider.Reading, ct));
        await using var groups = source.AllAsync(null, ct).GetAsyncEnumerator(ct);
        while (await Delivering.Explained(database, side, async () => await groups.MoveNextAsync()))
        {
            var columns = masking?.Mask(groups.Current.Columns, groups.Current.Rows) ?? groups.Current.Columns;
            for (var row = 0; row < groups.Current.Rows; row++)
            {
                if (digests.HexOf(columns, row) is var key && wanted.Contains(key)) { names[key] = digests.TextOf(columns, row); }
            }
        }

        return list with { Listed = [.. list.Listed.Select(d => names.GetValueOrDefault(d.Digest!) is { } name ? new Difference(d.Kind, name) : d)] };
    }

    private async Task<string> DocumentAsync(OrganisationKeys keys, ZhengtongDb db, Reconciliation reconciliation, HostedHalves halves, Halves nodes, Comparison found, CancellationToken ct)
    {
        var provider = await SignerAsync(keys, NodeRole.Provider, halves, nodes.Provider, ct);
        var consumer = await SignerAsync(keys, NodeRole.Consumer, halves, nodes.Consumer, ct);
        if (provider is null || consumer is null) { throw new ExchangeFault(ExchangeProblems.NodeKeysInvalid, halves.Suite.Word); }
        return CanonicalJson.Of(await Reconciling.DocumentAsync(db, reconciliation, halves.Terms, found, provider.KeyId, consumer.KeyId, Moment.Of(clock), ct));
    }

    /// <summary>The key by which a side signs: its node's, or the one that the platform holds for it.</summary>
    private static async Task<OrganisationKey?> SignerAsync(OrganisationKeys keys, NodeRole role, HostedHalves halves, Guid? node, CancellationToken ct) =>
        node is { } id ? await keys.FindOfNodeAsync(id, halves.Suite, KeyUse.Seal, ct)
        : await keys.CurrentAsync(role == NodeRole.Provider ? halves.Terms.Provider : halves.Terms.Consumer, halves.Suite, KeyUse.Seal, ct);

    private static async Task<Asked> AgainAsync(ZhengtongDb db, Guid id, CancellationToken ct)
    {
        await db.ComparisonPasses.Where(p => p.ReconciliationId == id).ExecuteDeleteAsync(ct);
        return Asked.Further;
    }

    /// <summary>A figure for people to look at.</summary>
    internal static async Task CountAsync(ZhengtongDb db, Guid id, CancellationToken ct)
    {
        var heads = await db.ComparisonPasses.Where(p => p.ReconciliationId == id && p.Head != null).Select(p => p.Head!).ToListAsync(ct);
        var read = heads.Sum(h => HeadOf(h).Read);
        await db.Reconciliations.Where(r => r.Id == id).ExecuteUpdateAsync(set => set.SetProperty(r => r.RowsRead, read), ct);
    }

    private static Task<bool> IsUnderWayAsync(ZhengtongDb db, Guid delivery, CancellationToken ct) => db.Batches.AnyAsync(b => b.DeliveryId == delivery && b.ReceivedAt == null && b.VoidedAt == null, ct);

    private static ComparisonPass NewPass(
        Guid reconciliation, int number, NodeRole role, PassKind kind, Halves nodes, DateTimeOffset now, byte[]? leaves = null, string? document = null, byte[]? salt = null) => new()
        {
            Id = Guid.CreateVersion7(now), ReconciliationId = reconciliation, Number = number, Role = role, Kind = kind, NodeId = role == NodeRole.Provider ? nodes.Provider : nodes.Consumer,
            Leaves = leaves, Document = document, Salt = salt, AskedAt = now,
        };

    /// <summary>Once a second asks whether the agreement still stands.</summary>
    private Func<int, Task> Advancing(Guid agreement, CancellationToken ct)
    {
        var looked = clock.GetTimestamp();
        return async _ =>
        {
            if (clock.GetElapsedTime(looked) < BetweenLooks) { return; }
            looked = clock.GetTimestamp();
            await delivering.GuardAsync(agreement, ct);
        };
    }

    private byte[] OpenSalt(Guid reconciliation, byte[] salt) => vault.Open(salt, ComparisonPass.PurposeOf(reconciliation));

    private static HashSet<UInt128> LeftOutOf(IEnumerable<ComparisonPass> passes) => [.. passes.Where(p => p.Answer is not null).SelectMany(p => ReadingOf(p).LeftOut)];

    private static byte[] BytesOf(HashSet<UInt128> keys)
    {
        var bytes = new byte[keys.Count * 16];
        foreach (var (n, key) in keys.Index()) { BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(n * 16), key); }
        return bytes;
    }

    private static SideReading ReadingOf(ComparisonPass pass) => SideReading.Parse(pass.Answer!) ?? throw new InvalidDataException("An answer that was taken cannot be read");

    private static SideHead HeadOf(ComparisonPass pass) => HeadOf(pass.Head!);

    private static SideHead HeadOf(string head) => JsonSerializer.Deserialize<SideHead>(head, CanonicalJson.Options)!;

    private static string TextOf(SideHead head) => CanonicalJson.Of(head);
}
