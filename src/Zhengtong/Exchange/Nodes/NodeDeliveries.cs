using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Quality;
using Zhengtong.Exchange.Timetables;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Nodes;

/// <summary>On which nodes the halves of a delivery are at work; null: on the platform itself.</summary>
internal sealed record Halves(Guid? Provider, Guid? Consumer)
{
    internal static readonly Halves Hosted = new(null, null);
}

/// <summary>Which node does which half of which delivery, and what it needs to know for it.</summary>
internal sealed class NodeDeliveries(
    ZhengtongDb db, AgreementsLookup agreements, OrganisationKeys keys, NodeFiles files, TimetableBook timetables, QualitySecrets secrets, IOptions<ExchangeOptions> options, TimeProvider clock)
{
    /// <summary>The halves of every delivery that has one on a node, by delivery.</summary>
    internal async Task<Dictionary<Guid, Halves>> AllHalvesAsync(CancellationToken ct)
    {
        var providers = await Provided().Select(p => new { p.Delivery.Id, p.Node }).ToListAsync(ct);
        var consumers = await Consumed().Select(c => new { c.Delivery.Id, c.Node }).ToListAsync(ct);
        var all = providers.ToDictionary(p => p.Id, p => new Halves(p.Node, null));
        foreach (var c in consumers) { all[c.Id] = all.GetValueOrDefault(c.Id, Halves.Hosted) with { Consumer = c.Node }; }
        return all;
    }

    /// <summary>The halves of one delivery.</summary>
    internal async Task<Halves> HalvesOfAsync(Guid delivery, CancellationToken ct) => new(
        await Provided().Where(p => p.Delivery.Id == delivery).Select(p => p.Node).SingleOrDefaultAsync(ct),
        await Consumed().Where(c => c.Delivery.Id == delivery).Select(c => c.Node).SingleOrDefaultAsync(ct));

    /// <summary>The delivery, when the node does this half of it; null otherwise.</summary>
    internal async Task<Delivery?> FindAsync(Guid node, Guid delivery, NodeRole role, CancellationToken ct) =>
        await (role == NodeRole.Provider ? Provided() : Consumed()).Where(d => d.Delivery.Id == delivery && d.Node == node).Select(d => d.Delivery).SingleOrDefaultAsync(ct);

    /// <summary>The key a batch is encrypted to: the consumer's, or its node's. Null when that node has none in this suite.</summary>
    internal async Task<OrganisationKey?> ReceiveKeyAsync(AgreementTerms terms, Guid? node, Suite suite, CancellationToken ct) =>
        await keys.ReceiverAsync(terms.Consumer, node, suite, ct);

    /// <summary>All the node is to do, as canonical text. Suspended agreements stay, with their state. Those that are over for good are left out; but a consumer's node may have applied a batch
    /// and not yet given its receipt, so there they stay as long as one is missing.</summary>
    internal async Task<string> ConfigurationOfAsync(Guid node, CancellationToken ct)
    {
        List<NodeDelivery> deliveries = [];
        var provided = await ProvidedBy(node).ToListAsync(ct);
        var paces = await timetables.FindAsync(provided.ToDictionary(p => p.Delivery.Id, p => p.Delivery.AskedAt), ct);
        foreach (var (delivery, mount, source) in provided.Select(p => (p.Delivery, p.Mount, p.Source)))
        {
            var pace = paces.TryGetValue(delivery.Id, out var known) ? known.Terms : PaceTerms.Free with { AskedAt = delivery.AskedAt };
            if (await TermsAsync(delivery, ct) is not var (terms, suite)) { continue; }
            var to = await HalvesOfAsync(delivery.Id, ct);
            if (await ReceiveKeyAsync(terms, to.Consumer, suite, ct) is not { } receive) { continue; }
            deliveries.Add(Describe(delivery, NodeRole.Provider, terms, source, mount.Schema, mount.Table) with
            {
                Capture = mount.Capture, Watermark = mount.WatermarkColumn, Encoding = mount.Encoding == TextEncoding.Declared ? null : mount.Encoding, ReceiveKey = KeyOf(receive), Anew = delivery.Clears,
                Pace = pace.IsFree ? null : pace, MostQuarantined = options.Value.MostQuarantined + await DiscardedAsync(delivery.Id, ct),
                Released = await ReleasedAsync(delivery.Id, ct), Repair = await RepairAsync(delivery.Id, ct), BackFill = await BackFillAsync(delivery.Id, ct), Doubts = await DoubtsAsync(terms, delivery.Id, ct),
            });
        }

        foreach (var (delivery, intake, source) in (await ConsumedBy(node).ToListAsync(ct)).Select(c => (c.Delivery, c.Intake, c.Source)))
        {
            var isMissing = await db.Batches.AnyAsync(b => b.DeliveryId == delivery.Id && b.ReceivedAt == null && b.VoidedAt == null, ct);
            if (await TermsAsync(delivery, ct, evenOver: isMissing) is not var (terms, suite)) { continue; }
            var signers = await db.OrganisationKeys.AsNoTracking().Where(k => k.OrganisationId == terms.Provider && k.Suite == suite.Name && k.Use == KeyUse.Seal).OrderBy(k => k.Generation).ToListAsync(ct);
            deliveries.Add(Describe(delivery, NodeRole.Consumer, terms, source, intake.Schema, intake.Table) with { Create = intake.CreateOnNode, ProviderKeys = [.. signers.Select(KeyOf)] });
        }

        return CanonicalJson.Of(new NodeConfiguration(NodeConfiguration.FormatName, node, [.. deliveries.OrderBy(d => d.Id).ThenBy(d => d.Role)], await files.TasksOfAsync(node, ct), deliveries.Any(d => d.Pace?.NeedsCalendar == true) ? await CalendarAsync(ct) : null));
    }

    private async Task<IReadOnlyList<NodeDay>> CalendarAsync(CancellationToken ct)
    {
        var from = new DateOnly(ChinaTime.DateOf(clock.GetUtcNow()).Year, 1, 1);
        return await db.CalendarDays.AsNoTracking().Where(d => d.Date >= from).OrderBy(d => d.Date).Select(d => new NodeDay(d.Date, d.IsWorkingDay)).ToListAsync(ct);
    }

    /// <summary>Rows that the node has and nobody waits for: they take no room from others.</summary>
    private Task<int> DiscardedAsync(Guid delivery, CancellationToken ct) => db.Quarantine.CountAsync(q => q.DeliveryId == delivery && q.State == QuarantineState.Discarded && q.Row == null, ct);

    /// <summary>Rows that the node is to let go; the next follow when these went out.</summary>
    private Task<List<Guid>> ReleasedAsync(Guid delivery, CancellationToken ct) => db.Quarantine.Where(q => q.DeliveryId == delivery && q.State == QuarantineState.Releasing && q.Row == null)
        .OrderBy(q => q.At).ThenBy(q => q.Id).Select(q => q.Id).Take(500).ToListAsync(ct);

    /// <summary>The repair that was ordered first and is not done.</summary>
    private Task<Guid?> RepairAsync(Guid delivery, CancellationToken ct) => db.Reconciliations.Where(r => r.DeliveryId == delivery && r.RepairOrderedAt != null && r.RepairedAt == null)
        .OrderBy(r => r.RepairOrderedAt).Select(r => (Guid?)r.Id).FirstOrDefaultAsync(ct);

    /// <summary>The back-fill that is not over.</summary>
    private Task<Guid?> BackFillAsync(Guid delivery, CancellationToken ct) => db.BackFills.Where(b => b.ActiveDeliveryId == delivery).Select(b => (Guid?)b.Id).SingleOrDefaultAsync(ct);

    /// <summary>Rows with a correction under way; the next follow when these are settled.</summary>
    private async Task<NodeDoubts?> DoubtsAsync(AgreementTerms terms, Guid delivery, CancellationToken ct)
    {
        var doubted = await QuarantineBook.Doubted(db, delivery).OrderBy(c => c.OpenedAt).ThenBy(c => c.Id).Take(500).Select(c => new Doubt(c.Id, c.KeyDigest)).ToListAsync(ct);
        return doubted.Count == 0 ? null : new NodeDoubts(Convert.ToBase64String((await secrets.OfAsync(terms.Provider, terms.Consumer, delivery, ct)).Keys), doubted);
    }

    /// <summary>What is new for the node, small enough to be asked for again and again.</summary>
    internal async Task<NodeNews> NewsOfAsync(Guid node, string configuration, CancellationToken ct)
    {
        var waiting = await (from c in Consumed() where c.Node == node join b in db.Batches on c.Delivery.Id equals b.DeliveryId where b.ReceivedAt == null && b.VoidedAt == null
                             group b by b.DeliveryId into g select new { Delivery = g.Key, Last = g.Max(b => b.Sequence) }).ToListAsync(ct);
        var digest = Digest(configuration);
        var questions = await db.ComparisonPasses.Where(p => p.NodeId == node && p.AnsweredAt == null).OrderBy(p => p.AskedAt).Select(p => p.Id).ToListAsync(ct);
        var resting = await (from p in db.ComparisonPasses join r in db.Reconciliations on p.ReconciliationId equals r.Id join h in Provided() on r.DeliveryId equals h.Delivery.Id
                             where h.Node == node select r.DeliveryId).Distinct().ToListAsync(ct);
        var parts = waiting.OrderBy(w => w.Delivery).Select(w => $"\n{w.Delivery:N} {w.Last}").Concat(questions.Select(q => $"\n{q:N}")).Concat(resting.Order().Select(r => $"\n{r:N}"));
        var news = await files.NewsOfAsync(node, ct);
        var state = Digest($"{digest}{string.Concat(parts)}\n{news}");
        return new NodeNews(state, digest, [.. waiting.Select(w => w.Delivery)]) { Questions = questions, Resting = resting, Files = news };
    }

    /// <summary>Lower-case hex SHA-256.</summary>
    internal static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private NodeDelivery Describe(Delivery delivery, NodeRole role, AgreementTerms terms, DataSource source, string schema, string table) => new(
        delivery.Id, role, terms, source.Name, schema, table, null, null, Create: false, options.Value.BatchRows, options.Value.BatchBytes, null, null, false, null);

    private async Task<(AgreementTerms Terms, Suite Suite)?> TermsAsync(Delivery delivery, CancellationToken ct, bool evenOver = false) =>
        await agreements.FindAsync(delivery.AgreementId, ct) is { } terms && (evenOver || (terms.State is AgreementState.InForce or AgreementState.Suspended && terms.Until > clock.GetUtcNow())) && Suite.Find(terms.Suite) is { } suite ? (terms, suite) : null;

    private static NodeKey KeyOf(OrganisationKey key) => new(key.KeyId, Convert.ToBase64String(key.PublicKey));

    private IQueryable<Half> Provided() => from d in db.Deliveries.AsNoTracking()
                                           join m in db.Mounts on d.ResourceId equals m.ResourceId
                                           join s in db.DataSources on m.DataSourceId equals s.Id
                                           where s.NodeId != null && m.OrganisationId == d.ProviderId
                                           select new Half { Delivery = d, Node = s.NodeId };

    private IQueryable<Half> Consumed() => from d in db.Deliveries.AsNoTracking()
                                           join i in db.Intakes on d.AgreementId equals i.AgreementId
                                           join s in db.DataSources on i.DataSourceId equals s.Id
                                           where s.NodeId != null && i.OrganisationId == d.ConsumerId
                                           select new Half { Delivery = d, Node = s.NodeId };

    private IQueryable<ProvidedHalf> ProvidedBy(Guid node) => from d in db.Deliveries.AsNoTracking()
                                                              join m in db.Mounts.AsNoTracking() on d.ResourceId equals m.ResourceId
                                                              join s in db.DataSources.AsNoTracking() on m.DataSourceId equals s.Id
                                                              where s.NodeId == node && m.OrganisationId == d.ProviderId
                                                              select new ProvidedHalf { Delivery = d, Mount = m, Source = s };

    private IQueryable<ConsumedHalf> ConsumedBy(Guid node) => from d in db.Deliveries.AsNoTracking()
                                                              join i in db.Intakes.AsNoTracking() on d.AgreementId equals i.AgreementId
                                                              join s in db.DataSources.AsNoTracking() on i.DataSourceId equals s.Id
                                                              where s.NodeId == node && i.OrganisationId == d.ConsumerId
                                                              select new ConsumedHalf { Delivery = d, Intake = i, Source = s };

    private sealed class Half
    {
        public required Delivery Delivery { get; init; }

        public Guid? Node { get; init; }
    }

    private sealed class ProvidedHalf
    {
        public required Delivery Delivery { get; init; }

        public required Mount Mount { get; init; }

        public required DataSource Source { get; init; }
    }

    private sealed class ConsumedHalf
    {
        public required Delivery Delivery { get; init; }

        public required Intake Intake { get; init; }

        public required DataSource Source { get; init; }
    }
}
