using System.Buffers.Binary;
using System.Text;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Quality;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Nodes.Machine;

/// <summary>The node's side of reconciliations. It is asked, reads its own table, and answers with counts and digests; what it signs in the end it compares with what it found. An answer that a crash cut
/// off is made anew: a question stands by itself, and stays asked until it is answered.</summary>
internal sealed partial class NodeWork
{
    /// <summary>Without a word from the platform for so long nothing rests any more for its sake.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim answer = new(0);
    private IReadOnlyList<Guid> questions = [];
    private IReadOnlySet<Guid> atRest = new HashSet<Guid>();

    private void Take(NodeNews news)
    {
        Volatile.Write(ref atRest, news.Resting.ToHashSet());
        Volatile.Write(ref questions, news.Questions);
        if (news.Questions.Count > 0) { answer.Release(); }
    }

    /// <summary>True while the provider's half stays where it is, because its table is being compared.</summary>
    private bool Rests(Half half) =>
        half.Task.Role == NodeRole.Provider && Volatile.Read(ref atRest).Contains(half.Task.Id) && line.LastContactAt is { } heard && clock.GetUtcNow() - heard < LongestRest;

    private async Task AnswerAsync(CancellationToken ct)
    {
        var open = Volatile.Read(ref questions);
        List<Guid> done = [];
        foreach (var id in open)
        {
            try
            {
                if (await AnswerAsync(await line.QuestionAsync(id, ct), ct)) { done.Add(id); }
            }
            // Answered before, or over.
            catch (PlatformRefusedException refused) when (refused.Code == ExchangeProblems.ReconciliationUnknown.Code) { done.Add(id); }
        }

        if (done.Count > 0) { Interlocked.CompareExchange(ref questions, [.. open.Except(done)], open); }
    }

    /// <summary>False when the half has to come to its rest first.</summary>
    private async Task<bool> AnswerAsync(NodeComparisonQuestion question, CancellationToken ct)
    {
        if (!halves.TryGetValue((question.Delivery, question.Role), out var half) || !half.IsWanted) { return false; }
        if (half.Running is { IsCompleted: false } || (question.Role == NodeRole.Provider && (await queue.WaitingAsync(ct)).Contains(question.Delivery))) { return false; }
        var (head, reading) = (SideHead.Failed(ExchangeProblems.Internal.Code), (SideReading?)null);
        try { (head, reading) = question.Kind == PassKind.Sign ? (await SignAsync(half, question, ct), null) : await CompareAsync(half, question, ct); }
        catch (ExchangeFault fault) { head = SideHead.Failed(fault.Type.Code); }
        catch (Exception e) when (e is not OperationCanceledException and not PlatformAwayException and not PlatformRefusedException)
        {
            // Messages of databases may quote values of rows.
            log.LogWarning("Reconciliation {Reconciliation}: {Failure} {Stack}", question.Reconciliation, e.GetType().Name, e.StackTrace);
        }

        await line.AnswerAsync(question.Id, head, reading?.ToBytes() ?? [], ct);
        return true;
    }

    private async Task<(SideHead Head, SideReading? Reading)> CompareAsync(Half half, NodeComparisonQuestion question, CancellationToken ct)
    {
        var (task, terms) = (half.Task, half.Terms);
        if (!terms.AllowsDelivery(clock.GetUtcNow())) { return (SideHead.Failed(ExchangeProblems.NotInForce.Code), null); }
        var suite = Suite.Parse(terms.Suite);
        var place = question.Role == NodeRole.Provider ? await queue.FindPlaceAsync(task.Id, ct) : null;
        if (question.Role == NodeRole.Provider && place is not { Phase: DeliveryPhase.Changes, Clears: false }) { return (SideHead.Failed(ExchangeProblems.SnapshotUnfinished.Code), null); }
        var sequence = place?.Sequence ?? question.Sequence ?? 0;
        if (await SaltAsync(task, suite, question, ct) is not { } salt) { return (SideHead.Failed(ExchangeProblems.ProofBroken.Code), null); }

        var digests = new RowDigests(terms.Items, salt);
        var leaves = ComparisonPass.LeavesOf(question.Leaves is null ? null : Convert.FromBase64String(question.Leaves));
        SideReading? reading;
        SealedSalt? handed = null;
        if (question.Role == NodeRole.Provider)
        {
            var route = RouteOf(task);
            var held = (await queue.ListHeldAsync(ct)).Where(h => h.Delivery == task.Id).Select(h => new ReleasedRow(h.Id, h.Row)).ToList();
            reading = await SideReading.OfProviderAsync(route, place!, vault, held, digests, leaves, GuardAsync, ct);
            if (reading is null) { return (SideHead.Failed(ExchangeProblems.SnapshotUnfinished.Code), null); }
            if (question.Salt is null && leaves is null)
            {
                using var signer = suite.OpenSealing(folder.KeysOf(suite.Name, KeyUse.Seal).PrivateKey);
                handed = SealedSalt.Of(suite, question.Reconciliation, salt, route.Receive.PublicKey, signer);
            }
        }
        else
        {
            var route = new ReceivingRoute(task.Id, terms, Open(task), new TableName(task.Schema, task.Table));
            reading = await SideReading.OfConsumerAsync(route, task.BatchRows, task.BatchBytes, KeysOf(question.LeftOut), digests, leaves, GuardAsync, ct);
        }

        if (leaves is null)
        {
            var noted = new NotedComparison(vault.Seal(salt, PurposeOf(question)), sequence, reading.Ranges.Rows, reading.Ranges.Close());
            await queue.NoteAsync(question.Reconciliation, question.Role, task.Id, noted, ct);
        }

        return (SideHead.Of(sequence, reading, handed), reading);

        Task GuardAsync(int rows)
        {
            half.Guard(clock.GetUtcNow());
            return Task.CompletedTask;
        }
    }

    /// <summary>Signs a statement that says of this side what this side found itself.</summary>
    private async Task<SideHead> SignAsync(Half half, NodeComparisonQuestion question, CancellationToken ct)
    {
        var (terms, isProvider) = (half.Terms, question.Role == NodeRole.Provider);
        var suite = Suite.Parse(terms.Suite);
        var keys = folder.KeysOf(suite.Name, KeyUse.Seal);
        var keyId = keys.AsKeyOf(identity).KeyId;
        var noted = await queue.FindComparisonAsync(question.Reconciliation, question.Role, ct);
        var isRight = noted is not null && question.Document is not null && StatementDocument.Parse(question.Document) is { } said
            && said.Agreement == terms.Id && said.AgreementDigest == terms.Digest && said.Delivery == question.Delivery && said.Reconciliation == question.Reconciliation && said.Suite == terms.Suite
            && said.LastBatch == noted.Sequence && (isProvider ? said.ProviderKey : said.ConsumerKey) == keyId
            && (isProvider ? (said.ProviderRows, said.ProviderDigest) : (said.ConsumerRows, said.ConsumerDigest)) == (noted.Rows, noted.Digest);
        if (!isRight) { return SideHead.Failed(ExchangeProblems.ProofBroken.Code); }
        await queue.NoteAsync(question.Reconciliation, question.Role, question.Differences ?? [], ct);
        using var signer = suite.OpenSealing(keys.PrivateKey);
        return SideHead.Signed(noted!.Sequence, Convert.ToBase64String(signer.Sign(Encoding.UTF8.GetBytes(question.Document!))));
    }

    /// <summary>The salt of a reconciliation: as the platform says; else as the provider's node made it. Null when it cannot be had.</summary>
    private async Task<byte[]?> SaltAsync(NodeDelivery task, Suite suite, NodeComparisonQuestion question, CancellationToken ct)
    {
        if (question.Salt is { } known) { return Convert.FromBase64String(known); }
        if (question.Role == NodeRole.Consumer)
        {
            using var key = suite.OpenReceiving(folder.KeysOf(suite.Name, KeyUse.Receive).PrivateKey);
            return question.Sealed?.Open(suite, question.Reconciliation, [.. task.ProviderKeys!.Select(k => KeyOf(k, suite, KeyUse.Seal, task.Terms.Provider))], key);
        }

        var noted = await queue.FindComparisonAsync(question.Reconciliation, NodeRole.Provider, ct);
        return noted is not null ? vault.Open(noted.Salt, PurposeOf(question)) : question.Kind == PassKind.Ranges ? Comparing.NewSalt() : null;
    }

    /// <summary>The repair that the platform ordered; null when there is none, when it is done, or when the platform is away. Without the salt no row can be found: then it is empty.</summary>
    private async Task<Repair?> FindRepairAsync(NodeDelivery task, CancellationToken ct)
    {
        if (task.Repair is not { } id || await queue.IsRepairedAsync(task.Id, id, ct)) { return null; }
        try
        {
            var ordered = await line.RepairAsync(task.Id, id, ct);
            var noted = await queue.FindComparisonAsync(id, NodeRole.Provider, ct);
            return noted is null
                ? new Repair(id, new RowDigests(task.Terms.Items, Comparing.NewSalt()), new HashSet<UInt128>())
                : new Repair(id, new RowDigests(task.Terms.Items, vault.Open(noted.Salt, PurposeOf(id, NodeRole.Provider))), KeysOf(ordered.Keys));
        }
        catch (PlatformAwayException) { return null; }
        // Done, or its agreement moved elsewhere: the next configuration says so.
        catch (PlatformRefusedException) { return null; }
    }

    private static HashSet<UInt128> KeysOf(string? base64) =>
        base64 is null ? [] : [.. Convert.FromBase64String(base64).Chunk(16).Where(k => k.Length == 16).Select(k => BinaryPrimitives.ReadUInt128BigEndian(k))];

    private static string PurposeOf(NodeComparisonQuestion question) => PurposeOf(question.Reconciliation, question.Role);

    /// <summary>What the node's vault binds a salt to.</summary>
    internal static string PurposeOf(Guid reconciliation, NodeRole role) => $"{ComparisonPass.PurposeOf(reconciliation)}:{role}";
}
