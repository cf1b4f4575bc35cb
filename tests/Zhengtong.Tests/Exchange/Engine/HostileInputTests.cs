using Apache.Arrow;
using Apache.Arrow.Ipc;
using Microsoft.EntityFrameworkCore;
using Zhengtong.Agreements;
using Zhengtong.Agreements.Model;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Tests.Exchange.Support;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.Exchange.Engine;

/// <summary>Payloads and names made to do harm.</summary>
[OnDatabase]
public sealed class HostileInputTests(ExchangeFixture exchange) : IClassFixture<ExchangeFixture>
{
    private const string Table = "x`\"'; DROP TABLE bystander; --\n表\u202E";

    /// <summary>Quotes of every kind, ends of statements, comments, places for values, escapes, line breaks, marks that turn the writing round, reserved words, Chinese, and as long as
    /// PostgreSQL keeps.</summary>
    private static readonly Dictionary<string, string> Names = new()
    {
        ["id"] = "id\"; DROP TABLE bystander; --",
        ["name"] = "`n'a\\m$1?@e %s {0}",
        ["note"] = "select",
        ["amount"] = "金 额\u202E\u200F",
        ["score"] = "line\r\nbreak\t/*",
        ["active"] = "x'); DELETE FROM bystander; --",
        ["born"] = new string('长', 21),
        ["changed"] = "order",
        ["photo"] = "\\",
    };

    private static readonly AgreedItem[] Items = [new("编号", "id", ItemType.Integer, null, true), new("名称", "name", ItemType.Text, null, false)];

    [Fact]
    public void Payload_OfAFewBytesThatUnpackToVeryMany_IsRefusedBeforeAnythingIsUnpacked()
    {
        ColumnBuffer[] columns = [new(ItemType.Integer), new(ItemType.Text)];
        columns[0].AppendInt64(1);
        columns[1].AppendBytes(new byte[50_000_000]);
        using var packed = new MemoryStream();
        var schema = ColumnBuffer.SchemaOf(Items, new Dictionary<string, string>());
        using (var writer = new ArrowStreamWriter(packed, schema, leaveOpen: true, new IpcOptions { CompressionCodec = CompressionCodecType.Zstd, CompressionCodecFactory = new Bomb() }))
        {
            writer.WriteRecordBatch(new RecordBatch(schema, columns.Select(c => c.Build()), 1));
            writer.WriteEnd();
        }

        var bytes = packed.ToArray();
        bytes.Length.ShouldBeLessThan(10_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Should.Throw<InvalidDataException>(() => BatchOpening.Read(bytes, Items, 1)).Message.ShouldContain("compression");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1_000_000);
    }

    [Theory]
    [InlineData(DataSourceKind.Sqlite, CaptureKind.Watermark)]
    [InlineData(DataSourceKind.Sqlite, CaptureKind.Comparison)]
    [InlineData(DataSourceKind.Postgres, CaptureKind.Watermark)]
    [InlineData(DataSourceKind.Postgres, CaptureKind.Comparison)]
    [InlineData(DataSourceKind.Postgres, CaptureKind.Replication)]
    [InlineData(DataSourceKind.MySql, CaptureKind.Watermark)]
    [InlineData(DataSourceKind.MySql, CaptureKind.Comparison)]
    public async Task Deliver_TableAndColumnsNamedToDoHarm_TheyStayNames(DataSourceKind kind, CaptureKind capture)
    {
        var route = await exchange.RouteAsync(kind, kind, s =>
        {
            (s.Capture, s.Items) = (capture, i => i with { Column = Names[i.Column] });
            s.Rows = [new RowCondition(Names["name"], RowOperator.StartsWith, ["企业"])];
        });
        foreach (var side in new[] { route.Source, route.Target }) { await side.ExecuteAsync("CREATE TABLE bystander (id bigint PRIMARY KEY)"); }
        foreach (var (plain, hostile) in Names) { await route.Source.ExecuteAsync($"ALTER TABLE enterprise RENAME COLUMN {plain} TO {Quote(hostile)}"); }
        await route.Source.ExecuteAsync($"ALTER TABLE enterprise RENAME TO {Quote(Table)}");
        await route.Target.ExecuteAsync($"ALTER TABLE received RENAME TO {Quote(Table)}");
        // Old images must say whether a row was among the agreed ones.
        if (capture == CaptureKind.Replication) { await route.Source.ExecuteAsync($"ALTER TABLE {Quote(Table)} REPLICA IDENTITY FULL"); }
        await route.WithDb(async db =>
        {
            var mount = await db.Mounts.SingleAsync(m => m.OrganisationId == route.Provider.Id);
            (mount.Table, mount.WatermarkColumn) = (Table, mount.WatermarkColumn is { } watermark ? Names[watermark] : null);
            (await db.Intakes.SingleAsync(i => i.AgreementId == route.Agreement)).Table = Table;
            return await db.SaveChangesAsync();
        });

        await route.Source.FillAsync(1, 250, Quote(Table));
        await EqualAsync();
        await route.Source.ExecuteAsync(
            $"UPDATE {Quote(Table)} SET {Quote(Names["note"])} = '''; DROP TABLE bystander; --', {Quote(Names["changed"])} = {route.Source.Now} WHERE {Quote(Names["id"])} % 3 = 0");
        if (capture != CaptureKind.Watermark) { await route.Source.ExecuteAsync($"DELETE FROM {Quote(Table)} WHERE {Quote(Names["id"])} <= 20"); }
        await EqualAsync();
        foreach (var side in new[] { route.Source, route.Target }) { (await side.CountAsync("bystander")).ShouldBe(0); }
        (await route.BatchesAsync()).ShouldAllBe(b => b.ReceivedAt != null);

        async Task EqualAsync()
        {
            var until = TimeProvider.System.GetUtcNow().AddSeconds(90);
            // Decimals as numbers, for MariaDB shows as many zeros as the column keeps; bytes as text.
            var all = $"SELECT {string.Join(", ", Names.Select(n => n.Key switch
            {
                "amount" => $"{Quote(n.Value)} * 1.0e0",
                "photo" => kind == DataSourceKind.Postgres ? $"encode({Quote(n.Value)}, 'hex')" : $"hex({Quote(n.Value)})",
                _ => Quote(n.Value),
            }))} FROM {Quote(Table)} ORDER BY 1";
            while (true)
            {
                (await route.RunAsync()).Problem.ShouldBeNull();
                if ((await route.Source.QueryAsync(all)).SequenceEqual(await route.Target.QueryAsync(all))) { return; }
                TimeProvider.System.GetUtcNow().ShouldBeLessThan(until, "source and target did not become equal");
                await Task.Delay(200);
            }
        }
    }

    [Theory]
    [InlineData(DataSourceKind.Sqlite)]
    [InlineData(DataSourceKind.Postgres)]
    [InlineData(DataSourceKind.MySql)]
    public async Task Deliver_NamesThatNoTableHas_AreRefusedAndNothingHappens(DataSourceKind kind)
    {
        var route = await exchange.RouteAsync(kind, kind, s => s.Capture = CaptureKind.Comparison);
        await route.Source.FillAsync(1, 5);
        // The last but one is longer than PostgreSQL keeps; it would cut it and take another table.
        await route.Source.ExecuteAsync($"CREATE TABLE {Quote(new string('企', 21))} (id bigint PRIMARY KEY)");
        foreach (var name in new[] { "enterprise; DROP TABLE enterprise", "enterprise\" --", "enterprise\u202E", "enterprise\n", "\"enterprise\"", new string('企', 63), "" })
        {
            await MountAsync(name);
            var failed = await route.RunAsync();
            (failed.State, failed.Problem).ShouldBe((DeliveryState.Failed, "exchange.source-changed"), name);
        }

        await MountAsync("enterprise");
        (await route.RunAsync()).Problem.ShouldBeNull();
        (await route.Target.RowsAsync("received")).ShouldBe(await route.Source.RowsAsync());

        Task MountAsync(string table) => route.WithDb(db => db.Mounts.Where(m => m.OrganisationId == route.Provider.Id).ExecuteUpdateAsync(s => s.SetProperty(m => m.Table, table)));
    }

    /// <summary>As all three databases take it: MariaDB is asked for ANSI quotes.</summary>
    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>Whatever goes in, four bytes come out.</summary>
    private sealed class Bomb : ICompressionCodecFactory, ICompressionCodec
    {
        public ICompressionCodec CreateCodec(CompressionCodecType compressionCodecType) => this;

        public ICompressionCodec CreateCodec(CompressionCodecType compressionCodecType, int? compressionLevel) => this;

        public int Decompress(ReadOnlyMemory<byte> source, Memory<byte> destination) => throw new InvalidOperationException("It was unpacked");

        public void Compress(ReadOnlyMemory<byte> source, Stream destination) => destination.Write("boom"u8);

        public void Dispose() { }
    }
}
