using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Zhengtong.Exchange.Engine;
using Zhengtong.Kernel;
using Zhengtong.Kernel.Calendar;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Nodes.Machine;

/// <summary>The node at work. Loops, none of which waits for another: halves of deliveries run by the last good configuration; what they sealed leaves in order; files go out and come in; the
/// platform is asked for news, and what it asks for reconciliations is answered; the node reports itself and renews its certificate. Whatever fails is tried again, after a wait that grows.</summary>
internal sealed partial class NodeWork(NodeFolder folder, NodeIdentity identity, NodeQueue queue, PlatformLine line, NodeFileWork files, Vault vault, IOptions<NodeSettings> options, TimeProvider clock, ILogger<NodeWork> log) : BackgroundService
{
    private readonly NodeSettings settings = options.Value;
    private readonly ConcurrentDictionary<(Guid Delivery, NodeRole Role), Half> halves = new();
    private readonly SemaphoreSlim look = new(0), send = new(0), report = new(0);
    private readonly Dictionary<Guid, (int Failures, DateTimeOffset Until)> resting = [];
    private IReadOnlyList<NodeSource> sources = [];
    private string? configuration;

    /// <summary>False once the folder took nothing more.</summary>
    private volatile bool takes = true;

    /// <summary>Somebody who is due has no room: nobody goes on beyond what is due to him.</summary>
    private volatile bool isCrowded;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Kept from before: the node works though the platform may be away.
        if (folder.Configuration is { } kept && NodeConfigurations.Read(kept, identity) is { } known)
        {
            Take(known);
            configuration = NodeDeliveries.Digest(kept.Document);
        }

        await Task.WhenAll(
            LoopAsync(LookAsync, look, () => TimeSpan.FromMilliseconds(settings.TickMilliseconds), stoppingToken),
            LoopAsync(AnswerAsync, answer, () => TimeSpan.FromSeconds(1), stoppingToken),
            LoopAsync(SendAsync, send, () => TimeSpan.FromSeconds(2), stoppingToken),
            LoopAsync(files.SendAsync, files.Looks, () => files.LookEvery, stoppingToken),
            LoopAsync(files.PublishAsync, files.Publications, () => files.AskEvery, stoppingToken),
            LoopAsync(files.ReceiveAsync, files.Arrivals, () => files.AskEvery, stoppingToken),
            LoopAsync(AskAsync, null, () => TimeSpan.Zero, stoppingToken),
            LoopAsync(ReportAsync, report, () => TimeSpan.FromSeconds(settings.HeartbeatSeconds), stoppingToken));
        await Task.WhenAll(halves.Values.Select(h => h.Running ?? Task.CompletedTask)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>How the node sees itself now.</summary>
    internal async Task<NodeReport> StandAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var stand = await queue.StandAsync(ct);
        List<NodeHalfReport> deliveries = [];
        foreach (var half in halves.Values.Where(h => h.IsWanted).OrderBy(h => h.Task.Id))
        {
            var place = half.Task.Role == NodeRole.Provider ? await queue.FindPlaceAsync(half.Task.Id, ct) : null;
            deliveries.Add(new NodeHalfReport(half.Task.Id, half.Terms.ResourceName, half.Task.Role, half.Terms.AllowsDelivery(now), half.Problem, place?.Sequence));
        }

        return new NodeReport(
            now, NodeProgram.Version, line.LastContactAt, line.Problem, stand.Batches, stand.Bytes, stand.Oldest is { } oldest ? Math.Max(0, (long)(now - oldest).TotalSeconds) : 0,
            new DriveInfo(folder.Root).AvailableFreeSpace, sources, deliveries, await files.StandAsync(ct), files.Problem);
    }

    /// <summary>Does something again and again until the node stops: after its rest or a wake, after a failure later and later.</summary>
    private async Task LoopAsync(Func<CancellationToken, Task> act, SemaphoreSlim? wake, Func<TimeSpan> rest, CancellationToken ct)
    {
        for (var failures = 0; !ct.IsCancellationRequested;)
        {
            try
            {
                await act(ct);
                failures = 0;
                if (wake is not null)
                {
                    await wake.WaitAsync(rest(), ct);
                    while (wake.Wait(0, CancellationToken.None)) { }
                }

                continue;
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested) { return; }
            catch (PlatformAwayException away) { if (failures++ == 0) { log.LogInformation("The platform is away: {What}", away.Message); } }
            catch (PlatformRefusedException refused) { if (failures++ == 0) { log.LogWarning("The platform refuses: {Code} {Detail}", refused.Code, refused.Detail); } }
            catch (Exception e)
            {
                failures++;
                // Messages of databases may quote values of rows.
                log.LogError("{Failure} {Stack}", e.GetType().Name, e.StackTrace);
            }

            try { await Task.Delay(Backoff(failures), clock, ct); }
            catch (OperationCanceledException) { return; }
        }
    }

    /// <summary>1, 2, 4 ... seconds, shortened by chance, so that the nodes of a province do not all come back at once.</summary>
    private TimeSpan Backoff(int failures) =>
        TimeSpan.FromSeconds(Math.Min(settings.MostBackoffSeconds, Math.Pow(2, Math.Min(failures - 1, 20))) * (0.5 + (System.Security.Cryptography.RandomNumberGenerator.GetInt32(500) / 1000.0)));

    private async Task AskAsync(CancellationToken ct)
    {
        string? seen = null;
        while (true)
        {
            var news = await line.NewsAsync(seen, settings.NewsSeconds, ct);
            if (news.Configuration != configuration)
            {
                var kept = await line.ConfigurationAsync(ct);
                // The last good one stays in force.
                if (NodeConfigurations.Read(kept, identity) is not { } known) { throw new PlatformRefusedException(ExchangeProblems.NodeSignatureInvalid.Code, "configuration"); }
                // What it says holds at once, also when the disk has no room for it; then it is asked for again until it is kept.
                Take(known);
                if (IsKept(() => folder.Keep(kept))) { configuration = NodeDeliveries.Digest(kept.Document); }
            }

            Take(news);
            foreach (var delivery in news.Waiting)
            {
                if (halves.TryGetValue((delivery, NodeRole.Consumer), out var half)) { half.HasWaiting = true; }
            }

            if (news.State != seen) { look.Release(); }
            files.Hear(news);
            seen = news.State;
        }
    }

    private void Take(NodeConfiguration known)
    {
        files.Tasks = known.Files;
        var wanted = known.Deliveries.ToDictionary(d => (d.Id, d.Role));
        var calendar = new WorkingDays([.. (known.Calendar ?? []).Select(d => new CalendarDay { Date = d.Date, IsWorkingDay = d.IsWorkingDay, Name = "" })], []);
        foreach (var (key, task) in wanted)
        {
            var half = halves.GetOrAdd(key, _ => new Half(task, clock));
            var isAsked = HasOrders(task, half.Task);
            (half.Task, half.Calendar, half.IsWanted) = (task, calendar, true);
            // Said when the order stands: a run that begins in this moment takes the word back, and reads the order behind it.
            if (isAsked) { half.IsAsked = true; }
        }

        foreach (var (key, half) in halves) { half.IsWanted = wanted.ContainsKey(key); }
    }

    /// <summary>True when something new is ordered, for which nobody waits until the cycle is over.</summary>
    private static bool HasOrders(NodeDelivery task, NodeDelivery before) =>
        task.Released.Except(before.Released).Any()
        || (task.Repair is not null && task.Repair != before.Repair)
        || (task.BackFill is not null && task.BackFill != before.BackFill)
        || (task.Doubts is { } doubts && doubts.Corrections.Except(before.Doubts?.Corrections ?? []).Any())
        || (task.Pace?.AskedAt is { } asked && asked != before.Pace?.AskedAt);

    /// <summary>Starts what may run now.</summary>
    private async Task LookAsync(CancellationToken ct)
    {
        if (line.IsRefused) { return; }
        await ReleaseAsync(ct);
        var now = clock.GetUtcNow();
        var step = TimeSpan.FromSeconds(ExchangeOptions.DefaultPrioritySeconds);
        foreach (var half in halves.Values.Where(h => h.Running is null or { IsCompleted: true } && (h.IsAsked || IsDue(h, now))).OrderBy(h => Turns.RankOf(h.Next, h.Pace.Terms.Priority, step)))
        {
            var runs = half.Task.Role == NodeRole.Provider
                ? half.IsWanted && half.Terms.AllowsDelivery(now) && !Rests(half) && half.Pace.ClosedUntil(now) is null
                : half.IsWanted && half.HasWaiting && !(half.IsSettled && !half.Terms.AllowsDelivery(now));
            if (!runs) { continue; }
            isCrowded = halves.Values.Count(h => h.Running is { IsCompleted: false } && !h.Pacer.Rests) >= settings.Parallel;
            if (isCrowded) { return; }
            half.Running = Task.Run(() => RunAsync(half, ct), CancellationToken.None);
        }

        isCrowded = false;
    }

    private bool IsDue(Half half, DateTimeOffset now) => Moment.Due(half.Next, TimeSpan.FromSeconds(Math.Max(settings.MostBackoffSeconds, half.Terms.EverySeconds)), now) <= now;

    private async Task RunAsync(Half half, CancellationToken ct)
    {
        var before = half.Problem;
        half.IsAsked = false;
        try
        {
            await (half.Task.Role == NodeRole.Provider ? ProvideAsync(half, ct) : ReceiveAsync(half, ct));
            (half.Problem, half.Faults, half.Failures) = (null, [], 0);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested) { }
        catch (AgreementEndedException) { Later(half, null, []); }
        // The delivery is well; it is the line that is not.
        catch (PlatformAwayException) { Later(half, half.Problem, half.Faults); }
        catch (PlatformRefusedException refused) { Later(half, refused.Code == ExchangeProblems.NotInForce.Code ? null : refused.Code, []); }
        // Whatever of a half fills the disk, its queue or its index: it is the node's.
        catch (ExchangeFault fault) { Later(half, (fault.Type == ExchangeProblems.StoreFull ? ExchangeProblems.SpoolFull : fault.Type).Code, fault.Faults); }
        catch (Exception e)
        {
            log.LogWarning("Delivery {Delivery}: {Failure} {Stack}", half.Task.Id, e.GetType().Name, e.StackTrace);
            Later(half, ExchangeProblems.Internal.Code, [new Fault("", "exchange.fault.what", e.GetType().Name)]);
        }

        if (half.Problem != before) { report.Release(); }
    }

    private void Later(Half half, string? problem, IReadOnlyList<Fault> faults)
    {
        if (problem is not null && problem != half.Problem) { log.LogWarning("Delivery {Delivery}: {Code} {Faults}", half.Task.Id, problem, faults); }
        (half.Problem, half.Faults, half.HasWaiting) = (problem, faults, true);
        half.Next = clock.GetUtcNow() + Backoff(++half.Failures);
    }

    private async Task ProvideAsync(Half half, CancellationToken ct)
    {
        var task = half.Task;
        var route = RouteOf(task);
        await BeginAsync(half, ct);
        using var signer = route.Suite.OpenSealing(folder.KeysOf(route.Suite.Name, KeyUse.Seal).PrivateKey);
        half.Next = await new Providing(
            route, new QueueDesk(half, queue, RoomAsync, stop => FindRepairAsync(task, stop), stop => FindBackFillAsync(half, stop), clock), signer, vault, half.Pacer, clock,
            () => !Rests(half) && !isCrowded).RunAsync(half.Horizon, (_, _) =>
        {
            half.Failures = 0;
            send.Release();
            return ValueTask.CompletedTask;
        }, ct) ?? clock.GetUtcNow();
        send.Release();
    }

    private ProvidingRoute RouteOf(NodeDelivery task)
    {
        var (terms, suite) = (task.Terms, Suite.Parse(task.Terms.Suite));
        return new ProvidingRoute(
            task.Id, terms, suite, Open(task), task.Reads, folder.KeysOf(suite.Name, KeyUse.Seal).AsKeyOf(identity), KeyOf(task.ReceiveKey!, suite, KeyUse.Receive, terms.Consumer),
            Quality.DeliverySecrets.Of(folder.MaskSecret(), terms.Consumer, task.Id));
    }

    /// <summary>Finds where to begin: where this node left off, or where the platform stands.</summary>
    private async Task BeginAsync(Half half, CancellationToken ct)
    {
        var (id, text) = (half.Task.Id, CanonicalJson.Of(half.Task));
        var place = await queue.FindPlaceAsync(id, ct);
        // Asked for by the platform, and not under way from here already.
        if (half.Task.Anew && place is { Clears: false } && await queue.FirstAsync(id, ct) is null) { half.BeginsAnew = true; }
        if (!half.BeginsAnew && place is not null)
        {
            await queue.RememberAsync(id, text, ct);
            return;
        }

        var there = await line.PlaceAsync(id, ct);
        await queue.AdoptAsync(id, text, there, CanonicalJson.Of(new NodeFault("exchange.fault.node-anew", [identity.Name])), ct);
        half.BeginsAnew = false;
    }

    private async Task ReceiveAsync(Half half, CancellationToken ct)
    {
        var (task, terms) = (half.Task, half.Terms);
        half.HasWaiting = false;
        var table = new TableName(task.Schema, task.Table);
        var desk = new LineDesk(half, line, clock);
        if (!terms.AllowsDelivery(clock.GetUtcNow()))
        {
            // What was applied before is still answered; once, for nothing more is applied.
            try { await Receiving.SettleAsync(new ReceivingRoute(task.Id, terms, Open(task), table), desk, ct); }
            catch (ExchangeFault fault) when (fault.Type == ExchangeProblems.NodeSourceMissing || fault.Type == ExchangeProblems.TargetUnfit) { /* The department took it away: nobody can say any more what it held. */ }
            half.IsSettled = true;
            return;
        }

        half.IsSettled = false;
        var database = Open(task);
        var route = new ReceivingRoute(task.Id, terms, database, table);

        if (task.Create)
        {
            await Delivering.Explained(database, Side.Target, async () =>
            {
                if (await database.FindTableAsync(table, ct) is null) { await database.CreateTableAsync(table, terms.Items, ct); }
                return true;
            });
        }

        var suite = Suite.Parse(terms.Suite);
        var (seal, receive) = (folder.KeysOf(suite.Name, KeyUse.Seal), folder.KeysOf(suite.Name, KeyUse.Receive).AsKeyOf(identity));
        using var keys = new ReceiverKeys(
            [.. task.ProviderKeys!.Select(k => KeyOf(k, suite, KeyUse.Seal, terms.Provider))], seal.AsKeyOf(identity), suite.OpenSealing(seal.PrivateKey),
            new Dictionary<string, ReceivingKey> { [receive.KeyId] = suite.OpenReceiving(folder.KeysOf(suite.Name, KeyUse.Receive).PrivateKey) });
        await using var receiving = await Receiving.OpenAsync(route, desk, keys, clock, ct);
        await receiving.CatchUpAsync(ct);
    }

    /// <summary>Gives back what sources keep for halves that are over for good, and forgets them.</summary>
    private async Task ReleaseAsync(CancellationToken ct)
    {
        if (configuration is null) { return; }
        foreach (var (delivery, text, keeps) in await queue.BegunAsync(ct))
        {
            if (halves.TryGetValue((delivery, NodeRole.Provider), out var half) && (half.IsWanted || half.Running is { IsCompleted: false } || !IsDue(half, clock.GetUtcNow()))) { continue; }
            var task = JsonSerializer.Deserialize<NodeDelivery>(text, CanonicalJson.Options)!;
            try
            {
                var database = Open(task);
                if (keeps && task.Capture is { } capture)
                {
                    await Delivering.Explained(database, Side.Source, async () =>
                    {
                        await database.ReleaseAsync(delivery, capture, ct);
                        return true;
                    });
                }

                database.Indexes!.Remove(delivery);
                await queue.ForgetAsync(delivery, ct);
                halves.TryRemove((delivery, NodeRole.Provider), out _);
            }
            catch (ExchangeFault fault)
            {
                half ??= halves.GetOrAdd((delivery, NodeRole.Provider), _ => new Half(task, clock) { IsWanted = false });
                Later(half, fault.Type.Code, fault.Faults);
            }
        }
    }

    /// <summary>Hands in what waits, each delivery in its order. What one delivery is refused holds up no other.</summary>
    private async Task SendAsync(CancellationToken ct)
    {
        if (line.IsRefused) { return; }
        foreach (var delivery in await queue.WaitingAsync(ct))
        {
            var rest = resting.GetValueOrDefault(delivery);
            var now = clock.GetUtcNow();
            if (Moment.Due(rest.Until, TimeSpan.FromSeconds(settings.MostBackoffSeconds), now) > now) { continue; }
            while (await queue.FirstAsync(delivery, ct) is { } first)
            {
                try
                {
                    await SendAsync(first, ct);
                    await queue.RemoveAsync(first.Id, ct);
                    if (first.Kind == QueuedKind.Batch && halves.TryGetValue((delivery, NodeRole.Provider), out var half)) { half.EndAnew(); }
                    resting.Remove(delivery);
                }
                catch (PlatformRefusedException refused) when (!line.IsRefused)
                {
                    Refused(delivery, refused);
                    resting[delivery] = (rest.Failures + 1, clock.GetUtcNow() + Backoff(rest.Failures + 1));
                    break;
                }
            }
        }
    }

    private Task SendAsync(Queued message, CancellationToken ct) => message.Kind switch
    {
        QueuedKind.Batch => line.PublishAsync(message.Delivery, message.Text, message.Signature, message.Ciphertext, ct),
        QueuedKind.Aside => line.SetAsideAsync(message.Delivery, JsonSerializer.Deserialize<NodeSetAsideRequest>(message.Text, CanonicalJson.Options)!, ct),
        QueuedKind.Repaired => line.TellAsync(message.Delivery, JsonSerializer.Deserialize<NodeRepairedRequest>(message.Text, CanonicalJson.Options)!, ct),
        QueuedKind.Filled => line.TellAsync(message.Delivery, JsonSerializer.Deserialize<NodeBackFillRequest>(message.Text, CanonicalJson.Options)!, ct),
        QueuedKind.Begun => line.TellAsync(message.Delivery, new NodeSnapshotRequest(message.Number, null), ct),
        QueuedKind.Anew => line.TellAsync(message.Delivery, new NodeSnapshotRequest(null, JsonSerializer.Deserialize<NodeFault>(message.Text, CanonicalJson.Options)), ct),
        _ => line.TellAsync(message.Delivery, new NodeSnapshotRequest(null, null), ct),
    };

    private void Refused(Guid delivery, PlatformRefusedException refused)
    {
        // Suspended, over, or more waits than the platform keeps: the batch stays here until it may go, or the configuration says that the delivery is over.
        if (refused.Code == ExchangeProblems.NotInForce.Code || refused.Code == ExchangeProblems.NodeNotServing.Code || refused.Code == ExchangeProblems.RelayFull.Code) { return; }
        if (!halves.TryGetValue((delivery, NodeRole.Provider), out var half)) { return; }
        // The platform has other batches than this node handed in: this folder, or the platform's database, is an old copy. Only a new copy of all rows is surely right.
        if (refused.Code == ExchangeProblems.OutOfSequence.Code) { half.BeginsAnew = true; }
        else if (half.Problem != refused.Code)
        {
            Later(half, refused.Code, [new Fault("", "exchange.fault.what", refused.Detail ?? "")]);
            report.Release();
        }
    }

    private async Task ReportAsync(CancellationToken ct)
    {
        if (clock.GetUtcNow() >= line.Certificate.RenewAt)
        {
            // While the old certificate is good the rest of the report goes on.
            try { await line.RenewAsync(identity, ct); }
            catch (Exception e) when (e is PlatformAwayException or PlatformRefusedException) { log.LogWarning("The certificate could not be renewed: {What}", e.Message); }
        }

        sources = [.. await Task.WhenAll(folder.Connections.Select(c => TryAsync(c, ct)))];
        var stand = await StandAsync(ct);
        IsKept(() => folder.Keep(stand));
        try
        {
            var answer = await line.ReportAsync(new NodeHeartbeat(
                stand.Version, stand.At, stand.DiskFreeBytes, stand.QueuedBatches, stand.LagSeconds, sources,
                [.. halves.Values.Where(h => h.IsWanted).Select(h => new NodeDeliveryState(
                    h.Task.Id, h.Task.Role, h.Problem, [.. h.Faults.Select(f => new NodeFault(f.Key, f.Arguments))], h.Watched?.BehindBytes, h.Watched?.Status))], files.AnyProblem), ct);
            foreach (var name in answer.RefusedSources) { log.LogWarning("Another data source of the department is called {Name} already", name); }
        }
        finally { IsKept(() => folder.Keep(stand with { LastContactAt = line.LastContactAt, Problem = line.Problem })); }
    }

    /// <summary>Keeps something in the folder; false where the disk has no room for it. The node goes on all the same, and tells the platform: that is when it matters.</summary>
    private bool IsKept(Action keep)
    {
        var before = takes;
        try
        {
            keep();
            takes = true;
        }
        catch (IOException e)
        {
            takes = false;
            if (before) { log.LogWarning("The node's folder takes nothing more: {Failure} {Error}", e.GetType().Name, e.HResult); }
        }

        return takes;
    }

    private async Task<NodeSource> TryAsync(NodeConnection connection, CancellationToken ct)
    {
        var database = Connect(connection);
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(ct);
        soon.CancelAfter(TimeSpan.FromSeconds(10));
        try
        {
            await database.DescribeAsync(soon.Token);
            return new NodeSource(connection.Name, connection.Kind, null);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            return new NodeSource(connection.Name, connection.Kind, (database.Explain(e, Side.Source)?.Type ?? ExchangeProblems.SourceUnreachable).Code);
        }
    }

    private async Task RoomAsync(CancellationToken ct)
    {
        var stand = await queue.StandAsync(ct);
        if (stand.Bytes >= settings.QueueMegabytes * 1_000_000 || new DriveInfo(folder.Root).AvailableFreeSpace < settings.LeastDiskMegabytes * 1_000_000)
        {
            throw new ExchangeFault(ExchangeProblems.SpoolFull, $"{stand.Batches}");
        }
    }

    private DepartmentDatabase Open(NodeDelivery task) =>
        Connect(folder.Connections.FirstOrDefault(c => c.Name == task.Source) ?? throw new ExchangeFault(ExchangeProblems.NodeSourceMissing, task.Source));

    private DepartmentDatabase Connect(NodeConnection connection) =>
        DepartmentDatabases.Connect(connection.Kind, connection.Connection, new DeliveredIndexes(folder.Of("indexes"), vault), settings.MySqlLagSeconds, settings.SilenceSeconds);

    /// <summary>A public key of the configuration as the engine takes keys.</summary>
    internal static OrganisationKey KeyOf(NodeKey key, Suite suite, KeyUse use, Guid organisation)
    {
        var publicKey = Convert.FromBase64String(key.PublicKey);
        return new OrganisationKey
        {
            KeyId = suite.KeyIdOf(publicKey), OrganisationId = organisation, Suite = suite.Name, Use = use, Generation = 1, PublicKey = publicKey, PrivateKey = null, CreatedAt = default,
        };
    }
}
