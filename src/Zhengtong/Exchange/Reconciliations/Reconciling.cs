using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Quality;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Identity;
using Zhengtong.Kernel.Jobs;
using Zhengtong.Kernel.Ledger;
using Zhengtong.Kernel.Secrets;
using Route = Zhengtong.Exchange.Engine.Route;

namespace Zhengtong.Exchange.Reconciliations;

/// <summary>
/// Runs one reconciliation. It holds the delivery's lease, so that nothing is delivered while both tables are read: what the consumer has is then what was
/// delivered up to the delivery's position. Whatever the provider changed behind that position is left out. Killed at any moment, it begins again.
/// </summary>
internal sealed class Reconciling(IServiceScopeFactory scopes, JobLeases leases, Delivering delivering, Questioning questioning, Vault vault, TimeProvider clock, ILogger<Reconciling> log)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    /// <summary>False when it has to wait: the delivery is running, or batches are on their way.</summary>
    internal async Task<bool> RunAsync(Guid id, CancellationToken ct)
    {
        var (delivery, _) = await FindAsync(id, ct);
        await using var lease = await leases.TryTakeAsync($"exchange.delivery-{delivery:N}", ct);
        if (lease is null) { return false; }
        using var held = CancellationTokenSource.CreateLinkedTokenSource(ct, lease.Lost);
        try
        {
            // Asked again under the lease: another process may have finished it meanwhile.
            if (!(await FindAsync(id, held.Token)).IsWaiting) { return true; }
            var halves = await delivering.FindHalvesAsync(delivery, held.Token);
            return halves is { Provider: { } provider, Consumer: { } consumer } ? await CompareAsync(id, new Route(provider, consumer), held.Token) : await AskAsync(id, halves, held.Token);
        }
        catch (AgreementEndedException)
        {
            await FailAsync(id, ExchangeProblems.NotInForce.Code, ct);
        }
        catch (DbUpdateConcurrencyException)
        {
            log.LogInformation("Reconciliation {Reconciliation} is run by another process", id);
        }
        catch (Exception e) when (!held.IsCancellationRequested)
        {
            // Messages of databases and of libraries may quote values of rows: neither the log nor the database gets them.
            var code = ((e as ExchangeFault)?.Type ?? ExchangeProblems.Internal).Code;
            log.LogWarning("Reconciliation {Reconciliation} failed: {Code} {Cause} {Stack}", id, code, (e.InnerException ?? e).GetType().Name, e.StackTrace);
            await FailAsync(id, code, ct);
        }

        return true;
    }

    /// <summary>Where a side is on a front-end node, it is asked.</summary>
    private async Task<bool> AskAsync(Guid id, HostedHalves halves, CancellationToken ct)
    {
        var asked = await questioning.StepAsync(id, halves, ct);
        if (asked.Problem is { } problem) { await FailAsync(id, problem, ct); }
        if (asked.Concluded is { } concluded) { await ConcludeAsync(id, halves.Terms, concluded, ct); }
        return asked.Went;
    }

    private async Task<bool> CompareAsync(Guid id, Route route, CancellationToken ct)
    {
        var delivery = await BoundAsync(route.Delivery, ct);
        if (delivery is null) { return false; }
        var (ours, theirs) = (route.Provider.Source, route.Consumer.Target);
        var other = route.Provider.Reading with { Table = route.Consumer.Table, Rows = [], Capture = null, Watermark = null };
        await using var capture = await Delivering.Explained(ours, Side.Source, () => ours.OpenCaptureAsync(route.Delivery, route.Provider.Reading, new Horizon(clock), steady: true, ct));
        var (source, position) = (capture.Source, delivering.OpenPosition(delivery));
        await using var target = await Delivering.Explained(theirs, Side.Target, async () => await theirs.OpenSourceAsync(other, ct));
        var expected = await Delivering.Explained(ours, Side.Source, () => source.EstimateAsync(ct)) + await Delivering.Explained(theirs, Side.Target, () => target.EstimateAsync(ct));
        await ChangeAsync(id, r => r.Begin(delivery.Sequence, expected, clock.GetUtcNow()), ct);

        var salt = Comparing.NewSalt();
        var comparing = new Comparing(new RowDigests(route.Terms.Items, salt), salt, Advancing(id, route.Terms.Id, ct));
        var masking = new Masking(route.Terms.Items, route.Provider.Secrets.Mask);
        await HoldBackAsync(comparing, masking, route, ct);
        var marks = route.Provider.Reading.Capture == CaptureKind.Watermark;
        if (!marks && !await Comparing.TellChangedAsync(capture, route.Provider, Place.Of(delivery), vault, masking, comparing.LeaveOut, ct)) { return false; }
        var found = await comparing.CompareAsync(new ComparedSide(ours, Side.Source, source, marks ? position : null, masking), new ComparedSide(theirs, Side.Target, target, null), ct);
        await FinishAsync(id, route.Terms, found, ct);
        return true;
    }

    /// <summary>Rows in quarantine are not lost, and discarded ones not forgotten: they are left out, and told apart.</summary>
    private async Task HoldBackAsync(Comparing comparing, Masking masking, Route route, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var rows = QuarantineBook.Kept(scope.ServiceProvider.GetRequiredService<ZhengtongDb>(), route.Delivery).Where(q => q.Row != null).AsNoTracking().AsAsyncEnumerable();
        await foreach (var row in rows.WithCancellation(ct))
        {
            var columns = RowBytes.Read(route.Terms.Items, vault.Open(row.Row!, row.Purpose));
            comparing.HoldBack(masking.Mask(columns, 1), 0);
        }
    }

    /// <summary>The delivery with its position, once both sides hold the same batches; null while some are on their way or the snapshot is not over.</summary>
    private async Task<Delivery?> BoundAsync(Guid id, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var delivery = await db.Deliveries.AsNoTracking().SingleAsync(d => d.Id == id, ct);
        return delivery.Phase == DeliveryPhase.Changes && !await db.Batches.AnyAsync(b => b.DeliveryId == id && b.ReceivedAt == null && b.VoidedAt == null, ct) ? delivery : null;
    }

    /// <summary>Counts what was read, and once a second saves it and asks whether the agreement still stands.</summary>
    private Func<int, Task> Advancing(Guid id, Guid agreement, CancellationToken ct)
    {
        long read = 0;
        var looked = clock.GetTimestamp();
        return async rows =>
        {
            read += rows;
            if (clock.GetElapsedTime(looked) < BetweenLooks) { return; }
            looked = clock.GetTimestamp();
            await delivering.GuardAsync(agreement, ct);
            await using var scope = scopes.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
            // Past the revision on purpose: a figure for people to look at.
            await db.Reconciliations.Where(r => r.Id == id).ExecuteUpdateAsync(set => set.SetProperty(r => r.RowsRead, read), ct);
        };
    }

    /// <summary>Both sides' keys are here: composes and signs for both.</summary>
    private async Task FinishAsync(Guid id, AgreementTerms terms, Comparison found, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var keys = scope.ServiceProvider.GetRequiredService<OrganisationKeys>();
        var suite = Suite.Parse(terms.Suite);
        var (provider, consumer) = (await keys.CurrentAsync(terms.Provider, suite, KeyUse.Seal, ct), await keys.CurrentAsync(terms.Consumer, suite, KeyUse.Seal, ct));
        var reconciliation = await db.Reconciliations.AsNoTracking().SingleAsync(r => r.Id == id, ct);
        var text = CanonicalJson.Of(await DocumentAsync(db, reconciliation, terms, found, provider.KeyId, consumer.KeyId, Moment.Of(clock), ct));
        var bytes = Encoding.UTF8.GetBytes(text);
        await ConcludeAsync(id, terms, new Concluded(found, text, keys.Sign(provider, bytes), keys.Sign(consumer, bytes), provider.KeyId, consumer.KeyId), ct);
    }

    /// <summary>The result, the signed statement and both ledger entries, in one save.</summary>
    private async Task ConcludeAsync(Guid id, AgreementTerms terms, Concluded concluded, CancellationToken ct)
    {
        await delivering.GuardAsync(terms.Id, ct);
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var reconciliation = await db.Reconciliations.SingleAsync(r => r.Id == id, ct);
        var (found, now) = (concluded.Found, Moment.Of(clock));
        var statement = new Statement
        {
            ReconciliationId = id, DeliveryId = reconciliation.DeliveryId, Sequence = await db.Statements.CountAsync(s => s.DeliveryId == reconciliation.DeliveryId, ct) + 1,
            Document = concluded.Document, Digest = Suite.Parse(terms.Suite).DigestOf(concluded.Document), ProviderSignature = concluded.ProviderSignature, ConsumerSignature = concluded.ConsumerSignature,
            ProviderKey = concluded.ProviderKey, ConsumerKey = concluded.ConsumerKey, LastBatch = reconciliation.LastBatch, IssuedAt = StatementDocument.Parse(concluded.Document)!.IssuedAt,
        };
        reconciliation.Finish(found, vault.Seal(JsonSerializer.SerializeToUtf8Bytes(found.List, CanonicalJson.Options), reconciliation.Purpose), now);
        db.Statements.Add(statement);
        db.Ledger.Add(LedgerEntry.Of("exchange.reconciliation-finished", id, Actor.Platform, now, after: new
        {
            delivery = reconciliation.DeliveryId, found.ProviderRows, found.ConsumerRows, found.NotCompared, found.Quarantined, found.Missing, found.Extra, found.Different, found.ProviderDigest, found.ConsumerDigest,
        }));
        db.Ledger.Add(LedgerEntry.Of("exchange.statement-issued", id, Actor.Platform, now,
            after: new { agreement = terms.Id, statement.Sequence, statement.Digest, statement.ProviderSignature, statement.ConsumerSignature }));
        await SaveAsync(db, id, ct);
    }

    internal static async Task<StatementDocument> DocumentAsync(
        ZhengtongDb db, Reconciliation reconciliation, AgreementTerms terms, Comparison found, string providerKey, string consumerKey, DateTimeOffset now, CancellationToken ct)
    {
        var delivery = reconciliation.DeliveryId;
        var before = await db.Statements.AsNoTracking().Where(s => s.DeliveryId == delivery).OrderByDescending(s => s.Sequence).FirstOrDefaultAsync(ct);
        var from = before?.IssuedAt ?? await db.Deliveries.Where(d => d.Id == delivery).Select(d => d.CreatedAt).SingleAsync(ct);
        var (behind, until) = (before?.LastBatch ?? 0, reconciliation.LastBatch);
        var rows = await db.Batches.Where(b => b.DeliveryId == delivery && b.Sequence > behind && b.Sequence <= until).SumAsync(b => (long)b.Rows, ct);
        var last = await db.Batches.Where(b => b.DeliveryId == delivery && b.Sequence == until).Select(b => b.ManifestDigest).SingleOrDefaultAsync(ct);
        return new StatementDocument(
            StatementDocument.FormatName, terms.Id, terms.Digest, delivery, (before?.Sequence ?? 0) + 1, before?.Digest, reconciliation.Id, from, now, until - behind, rows, until, last,
            found.ProviderRows, found.ConsumerRows, found.NotCompared, found.Quarantined, found.ProviderDigest, found.ConsumerDigest, found.Missing, found.Extra, found.Different,
            terms.Suite, providerKey, consumerKey);
    }

    private async Task FailAsync(Guid id, string code, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        var reconciliation = await db.Reconciliations.SingleAsync(r => r.Id == id, ct);
        var now = clock.GetUtcNow();
        reconciliation.Fail(code, now);
        db.Ledger.Add(LedgerEntry.Of("exchange.reconciliation-failed", id, Actor.Platform, now, after: new { delivery = reconciliation.DeliveryId, code }));
        await SaveAsync(db, id, ct);
    }

    /// <summary>It is over: what was asked is of no use any more.</summary>
    private static async Task SaveAsync(ZhengtongDb db, Guid id, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.SaveChangesAsync(ct);
        await db.ComparisonPasses.Where(p => p.ReconciliationId == id).ExecuteDeleteAsync(ct);
        await transaction.CommitAsync(ct);
    }

    private async Task<(Guid Delivery, bool IsWaiting)> FindAsync(Guid id, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var found = await scope.ServiceProvider.GetRequiredService<ZhengtongDb>().Reconciliations.AsNoTracking().SingleAsync(r => r.Id == id, ct);
        return (found.DeliveryId, found.ActiveDeliveryId is not null);
    }

    private async Task ChangeAsync(Guid id, Action<Reconciliation> change, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ZhengtongDb>();
        change(await db.Reconciliations.SingleAsync(r => r.Id == id, ct));
        await db.SaveChangesAsync(ct);
    }
}
