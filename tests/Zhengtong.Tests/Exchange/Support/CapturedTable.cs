using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Exchange.BackFills;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Quality;
using Zhengtong.Exchange.Reconciliations;
using Zhengtong.Exchange.Timetables;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Tests.Exchange.Support;

/// <summary>The provider's real half over a real database, before a desk that applies each batch at once and can break off at any of its steps. No platform around it.</summary>
internal sealed class CapturedTable : IAsyncDisposable
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();
    private readonly string folder = Directory.CreateTempSubdirectory("zhengtong-captured-").FullName;
    private readonly Suite suite = Suite.International;
    private readonly (byte[] PublicKey, byte[] PrivateKey) sealing, receiving;
    private readonly Vault vault;
    private readonly TableName target;
    private readonly DepartmentDatabase source;
    private readonly DepartmentDatabase consumer;

    private CapturedTable(DepartmentTable department, DepartmentTable taker, CaptureKind capture, IReadOnlyList<AgreedItem> items, IReadOnlyList<RowCondition> rows, int batchRows, TextEncoding encoding = TextEncoding.Declared)
    {
        (Department, Consumer, Capture, Items, Rows, BatchRows, Encoding) = (department, taker, capture, items, rows, batchRows, encoding);
        (sealing, receiving) = (suite.MakePair(), suite.MakePair());
        vault = new Vault(new Deployment(folder, null, "http://127.0.0.1:0", Demo: false));
        var indexes = new DeliveredIndexes(Path.Combine(folder, "indexes"), vault);
        source = department.Kind == DataSourceKind.Postgres ? new PostgresDatabase(department.Registered) { Indexes = indexes } : new SqliteDatabase(department.Path) { Indexes = indexes };
        consumer = department.Kind == DataSourceKind.Postgres ? new PostgresDatabase(taker.Registered) : new SqliteDatabase(taker.Path);
        target = new TableName(department.Kind == DataSourceKind.Postgres ? "public" : "", "received");
        Desk = new ApplyingDesk(this);
    }

    internal Guid Id { get; } = Guid.CreateVersion7(Now);

    internal DepartmentTable Department { get; }

    /// <summary>Where the rows arrive: in the department's own database unless it is another.</summary>
    internal DepartmentTable Consumer { get; }

    internal TextEncoding Encoding { get; }

    internal CaptureKind Capture { get; }

    internal IReadOnlyList<AgreedItem> Items { get; }

    internal IReadOnlyList<RowCondition> Rows { get; }

    internal int BatchRows { get; }

    internal DeliverySecrets Secrets { get; } = new([1, 2, 3], [.. Enumerable.Repeat((byte)7, 32)]);

    /// <summary>What stood in each batch once it was opened.</summary>
    internal List<byte[]> Payloads { get; } = [];

    internal ApplyingDesk Desk { get; }

    internal PostgresReplication Replication => new((PostgresDatabase)source, Id);

    internal static async Task<CapturedTable> PostgresAsync(string create, AgreedItem[] items, RowCondition[]? rows = null, int batchRows = 100, CaptureKind capture = CaptureKind.Replication, DepartmentTable? source = null, TextEncoding encoding = TextEncoding.Declared)
    {
        var department = source ?? await DepartmentTable.PostgresAsync();
        var taker = source is null ? department : await DepartmentTable.PostgresAsync();
        await department.ExecuteAsync(create);
        var table = new CapturedTable(department, taker, capture, items, rows ?? [], batchRows, encoding);
        await table.consumer.CreateTableAsync(table.target, items, CancellationToken.None);
        return table;
    }

    internal static async Task<CapturedTable> SqliteAsync(string create, AgreedItem[] items, RowCondition[]? rows = null, int batchRows = 100, TextEncoding encoding = TextEncoding.Declared)
    {
        var department = DepartmentTable.Sqlite(Directory.CreateTempSubdirectory("zhengtong-captured-").FullName, "department");
        await department.ExecuteAsync("PRAGMA journal_mode = WAL");
        await department.ExecuteAsync(create);
        var table = new CapturedTable(department, department, CaptureKind.Comparison, items, rows ?? [], batchRows, encoding);
        await table.consumer.CreateTableAsync(table.target, items, CancellationToken.None);
        return table;
    }

    internal async Task RunAsync(CancellationToken ct = default)
    {
        var terms = new AgreementTerms(
            Id, "XS-2026-000001", Id, "表", Id, Id, AgreementState.InForce, Now.AddDays(-1), Now.AddDays(1), 1, Items, Rows, new string('a', 64), suite.Word);
        var reading = new Reading(new TableName(Department.Kind == DataSourceKind.Postgres ? "public" : "", "t"), Items, Rows, Capture, null, BatchRows, 8 * 1024 * 1024, Encoding);
        using var signer = suite.OpenSealing(sealing.PrivateKey);
        var route = new ProvidingRoute(Id, terms, suite, source, reading, KeyOf(sealing.PublicKey, KeyUse.Seal), KeyOf(receiving.PublicKey, KeyUse.Receive), Secrets);
        await new Providing(route, Desk, signer, vault, new Pacer(TimeProvider.System), TimeProvider.System).RunAsync(new Horizon(TimeProvider.System), (_, _) => ValueTask.CompletedTask, ct);
    }

    /// <summary>Runs until source and target are equal.</summary>
    internal async Task SettleAsync(string where = "true")
    {
        for (var run = 1; ; run++)
        {
            await RunAsync();
            var (there, here) = (await RowsOfAsync("t", where), await RowsOfAsync("received", "true"));
            if (there.SequenceEqual(here)) { return; }
            if (run == 5) { here.ShouldBe(there); }
        }
    }

    internal Task<List<string>> RowsOfAsync(string name, string where)
    {
        var key = string.Join(", ", Items.Where(i => i.IsKey).Select(i => i.Column));
        var columns = string.Join(", ", Items.Select(i => Department.Kind == DataSourceKind.Postgres ? $"{i.Column}::text" : $"quote({i.Column})"));
        return Department.QueryAsync($"SELECT {columns} FROM {name} WHERE {where} ORDER BY {key}");
    }

    internal Task ExecuteAsync(string sql) => Department.ExecuteAsync(sql);

    internal void RemoveIndex() => source.Indexes!.Remove(Id);

    internal async Task<Sink> OpenSinkAsync() => await consumer.OpenSinkAsync(target, Items, CancellationToken.None);

    internal BatchRows Open(SealedBatch batch)
    {
        var manifest = BatchManifest.Parse(batch.Manifest)!;
        using var receiver = suite.OpenReceiving(receiving.PrivateKey);
        var plain = new BatchOpening().Open(suite, manifest, receiver, batch.Ciphertext.Span);
        Payloads.Add(plain.ToArray());
        return BatchOpening.Read(plain, Items, manifest.Rows, manifest.Deletes ?? 0, manifest.Clears ?? false);
    }

    public async ValueTask DisposeAsync()
    {
        await Desk.DisposeAsync();
        if (Department.Kind == DataSourceKind.Postgres) { await source.ReleaseAsync(Id, Capture, CancellationToken.None); }
        Directory.Delete(folder, recursive: true);
    }

    private OrganisationKey KeyOf(byte[] publicKey, KeyUse use) => new()
    {
        KeyId = suite.KeyIdOf(publicKey), OrganisationId = Id, Suite = suite.Name, Use = use, Generation = 1, PublicKey = publicKey, PrivateKey = [], CreatedAt = Now,
    };
}

/// <summary>A desk that holds its place in memory, as durable as a test needs it.</summary>
internal sealed class ApplyingDesk(CapturedTable table) : ProviderDesk, IAsyncDisposable
{
    private Sink? sink;
    private byte[]? position, changesFrom;
    private DeliveryPhase phase = DeliveryPhase.Snapshot;
    private long sequence;
    private string? manifest;
    private bool clears;

    /// <summary>How many more steps succeed; the next one breaks off, before or after it took effect.</summary>
    internal int? StepsLeft { get; set; }

    internal bool BreaksAfter { get; set; }

    internal List<(DeliveryPhase Phase, int Rows, int Deletes, bool Clears)> Batches { get; } = [];

    /// <summary>Rows that wait, by their key.</summary>
    internal Dictionary<string, SetAsideRow> Quarantine { get; } = [];

    internal List<string> Reasons { get; } = [];

    internal LogWatch? Watched { get; private set; }

    internal DeliveryPhase Phase => phase;

    internal override Task<Place> FindPlaceAsync(CancellationToken ct) => Task.FromResult(new Place(phase, sequence, manifest, position, changesFrom, clears));

    internal override Task GuardAsync(CancellationToken ct) => StepAsync(() => { });

    internal override Task<Pace> FindPaceAsync(CancellationToken ct) => Task.FromResult(Pace.Free);

    internal override Task<bool> IsWaitedForAsync(CancellationToken ct) => Task.FromResult(false);

    internal override Task AnswerAskedAsync(DateTimeOffset asked, CancellationToken ct) => Task.CompletedTask;

    internal override Task KeepAsync(CancellationToken ct) => StepAsync(() => { });

    internal override Task BeginSnapshotAsync(byte[] changesFrom, long estimatedRows, CancellationToken ct) => StepAsync(() => this.changesFrom = changesFrom);

    internal override Task ReachAsync(byte[] position, CancellationToken ct) => StepAsync(() => this.position = position);

    internal override Task WatchAsync(LogWatch watch, CancellationToken ct) => StepAsync(() => Watched = watch);

    internal override Task StartOverAsync(Fault reason, CancellationToken ct) => StepAsync(() =>
    {
        Reasons.Add(reason.Key);
        (phase, position, changesFrom, clears) = (DeliveryPhase.Snapshot, null, null, true);
    });

    internal override Task FinishSnapshotAsync(CancellationToken ct) => StepAsync(() => (phase, position) = (DeliveryPhase.Changes, changesFrom));

    internal override Task PublishAsync(PublishedBatch batch, CancellationToken ct) => StepAsync(async () =>
    {
        sink ??= await table.OpenSinkAsync();
        var rows = table.Open(batch.Sealed);
        await sink.ApplyAsync(batch.Phase, rows, new AppliedBatch(table.Id, batch.Sequence, batch.Sealed.ManifestDigest, "", ""), ct);
        Take(batch.Aside);
        (sequence, manifest, position, clears) = (batch.Sequence, batch.Sealed.ManifestDigest, batch.Position ?? position, false);
        Batches.Add((batch.Phase, rows.Count, rows.Deletes, rows.Clears));
    });

    internal override Task<Quarantined> FindQuarantineAsync(CancellationToken ct) => Task.FromResult(new Quarantined([.. Quarantine.Keys], 1000, []));

    internal override Task SetAsideAsync(SetAside aside, byte[]? position, CancellationToken ct) => StepAsync(() =>
    {
        Take(aside);
        this.position = position ?? this.position;
    });

    internal override Task<IReadOnlyList<ReleasedRow>> FindReleasedAsync(int most, CancellationToken ct) => Task.FromResult<IReadOnlyList<ReleasedRow>>([]);

    internal override Task<Repair?> FindRepairAsync(CancellationToken ct) => Task.FromResult<Repair?>(null);

    internal override Task FinishRepairAsync(Repair repair, long before, long last, CancellationToken ct) => Task.CompletedTask;

    internal override Task<BackFillOrder?> FindBackFillAsync(CancellationToken ct) => Task.FromResult<BackFillOrder?>(null);

    internal override Task BeginBackFillAsync(Guid backFill, long estimatedRows, CancellationToken ct) => Task.CompletedTask;

    internal override Task EndBackFillAsync(Guid backFill, string? problem, CancellationToken ct) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (sink is not null) { await sink.DisposeAsync(); }
    }

    private void Take(SetAside aside)
    {
        if (aside.Clears) { Quarantine.Clear(); }
        foreach (var key in aside.Newer) { Quarantine.Remove(key).ShouldBeTrue(); }
        foreach (var row in aside.Rejected) { Quarantine.Add(row.KeyDigest, row); }
    }

    private Task StepAsync(Action act) => StepAsync(() =>
    {
        act();
        return Task.CompletedTask;
    });

    private async Task StepAsync(Func<Task> act)
    {
        var breaks = StepsLeft == 0;
        if (StepsLeft is { } left) { StepsLeft = left - 1; }
        if (breaks && !BreaksAfter) { throw new BrokenOffException(); }
        await act();
        if (breaks) { throw new BrokenOffException(); }
    }
}

/// <summary>The run ends here, as if its process were killed.</summary>
internal sealed class BrokenOffException : Exception;
