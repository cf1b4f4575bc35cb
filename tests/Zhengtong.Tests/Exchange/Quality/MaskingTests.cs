using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;
using Zhengtong.Exchange.Engine;
using Zhengtong.Exchange.Model;
using Zhengtong.Exchange.Quality;
using Zhengtong.Tests.Exchange.Support;

namespace Zhengtong.Tests.Exchange.Quality;

/// <summary>What becomes of a value, and that nothing of it leaves otherwise, however the row was found.</summary>
public sealed class MaskingTests
{
    private static readonly byte[] Secret = [1, 2, 3];

    [Theory]
    [InlineData(ItemMask.Name, null, "张三", "张*")]
    [InlineData(ItemMask.Name, null, "欧阳修远", "欧***")]
    [InlineData(ItemMask.Name, null, "𠮷田", "𠮷*")]
    [InlineData(ItemMask.Name, null, "张", "*")]
    [InlineData(ItemMask.Name, null, "", "")]
    [InlineData(ItemMask.IdNumber, null, "11010519491231002X", "110105**********2X")]
    [InlineData(ItemMask.IdNumber, null, "110105491231002", "110105*******02")]
    [InlineData(ItemMask.IdNumber, null, "12345678", "********")]
    [InlineData(ItemMask.Phone, null, "13812345678", "138****5678")]
    [InlineData(ItemMask.Phone, null, "029-87654321", "029-****4321")]
    [InlineData(ItemMask.Phone, null, "12345", "*****")]
    [InlineData(ItemMask.Phone, null, "内线8001", "******")]
    [InlineData(ItemMask.KeepLast, 4, "6222021234567890", "************7890")]
    [InlineData(ItemMask.KeepLast, 4, "7890", "****")]
    [InlineData(ItemMask.KeepLast, 0, "abc", "***")]
    [InlineData(ItemMask.Generalise, 3, "西安市雁塔区", "西安市")]
    [InlineData(ItemMask.Generalise, 0, "西安市", "")]
    public void Mask_Text_ShowsNoMoreThanIsMeant(ItemMask mask, int? keep, string value, string masked) =>
        Masked(ItemType.Text, mask, keep, c => c.AppendBytes(Encoding.UTF8.GetBytes(value))).ShouldBe(masked);

    [Fact]
    public void Mask_Hash_IsTheHmacOfTheValueUnderTheProvidersSecret() =>
        Masked(ItemType.Text, ItemMask.Hash, null, c => c.AppendBytes("张三"u8)).ShouldBe(Convert.ToHexStringLower(HMACSHA256.HashData(Secret, "张三"u8)));

    [Theory]
    [InlineData(ItemType.Integer, "123456", 3, "123000")]
    [InlineData(ItemType.Integer, "-999", 2, "-900")]
    [InlineData(ItemType.Integer, "7", 30, "0")]
    [InlineData(ItemType.Decimal, "12345678901234567890123.45", 3, "12345678901234567890000")]
    [InlineData(ItemType.Decimal, "0.99", 0, "0")]
    [InlineData(ItemType.Decimal, "NaN", 2, "NaN")]
    public void Mask_Generalise_RoundsNumbersDown(ItemType type, string value, int keep, string masked) => Masked(type, ItemMask.Generalise, keep, c =>
    {
        if (type == ItemType.Integer) { c.AppendInt64(long.Parse(value, CultureInfo.InvariantCulture)); } else { c.AppendBytes(Encoding.UTF8.GetBytes(value)); }
    }).ShouldBe(masked);

    /// <summary>Every day of four centuries, against .NET's own calendar.</summary>
    [Fact]
    public void Mask_Generalise_FindsMonthAndYearOfEachDay()
    {
        var first = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;
        foreach (var keep in new[] { 1, 2 })
        {
            var column = new ColumnBuffer(ItemType.Date);
            for (var day = new DateOnly(1799, 12, 30).DayNumber; day <= new DateOnly(2200, 1, 2).DayNumber; day++) { column.AppendDays(day - first); }
            var masked = MaskingOf(ItemType.Date, ItemMask.Generalise, keep).Mask([column], column.Count)[0];
            for (var row = 0; row < column.Count; row++)
            {
                var day = DateOnly.FromDayNumber(column.DaysAt(row) + first);
                DateOnly.FromDayNumber(masked.DaysAt(row) + first).ShouldBe(new DateOnly(day.Year, keep == 1 ? 1 : day.Month, 1));
            }
        }
    }

    [Fact]
    public void Mask_Generalise_CountsMonthsInChinaAndLeavesInfinityAlone()
    {
        var column = new ColumnBuffer(ItemType.Timestamp);
        foreach (var moment in new[] { "2026-01-31T16:00:00Z", "2026-01-31T15:59:59Z", "1969-12-31T15:00:00Z" })
        {
            column.AppendInt64((DateTimeOffset.Parse(moment, CultureInfo.InvariantCulture).UtcTicks - DateTime.UnixEpoch.Ticks) / 10);
        }

        column.AppendInt64(long.MaxValue);
        var masked = MaskingOf(ItemType.Timestamp, ItemMask.Generalise, 2).Mask([column], 4)[0];
        Enumerable.Range(0, 4).Select(n => PostgresSource.TextOf(masked, n)).ShouldBe(
            ["2026-01-31 16:00:00.000000+00", "2025-12-31 16:00:00.000000+00", "1969-11-30 16:00:00.000000+00", "infinity"]);
    }

    private static readonly AgreedItem[] Items =
    [
        new("编号", "id", ItemType.Text, 64, true, ItemMask.Hash), new("姓名", "name", ItemType.Text, 50, false, ItemMask.Name), new("号码", "number", ItemType.Text, 18, false, ItemMask.IdNumber),
        new("电话", "phone", ItemType.Text, 20, false, ItemMask.Phone), new("城市", "city", ItemType.Text, null, false),
    ];

    private const string Create = "CREATE TABLE t (id VARCHAR(64) PRIMARY KEY NOT NULL, name TEXT, number TEXT, phone TEXT, city TEXT)";

    public static TheoryData<DataSourceKind, CaptureKind> Captures => new()
    {
        { DataSourceKind.Sqlite, CaptureKind.Comparison }, { DataSourceKind.Postgres, CaptureKind.Comparison }, { DataSourceKind.Postgres, CaptureKind.Replication },
    };

    [Theory]
    [MemberData(nameof(Captures))]
    public async Task Run_Masked_NoBatchHoldsAnUnmaskedValueAndDeletionsFindTheirRow(DataSourceKind kind, CaptureKind capture)
    {
        await using var table = kind == DataSourceKind.Sqlite ? await CapturedTable.SqliteAsync(Create, Items) : await CapturedTable.PostgresAsync(Create, Items, capture: capture);
        await table.ExecuteAsync("INSERT INTO t VALUES ('秘钥一', '张三丰', '11010519491231002X', '13812345678', '西安'), ('秘钥二', '李四', '110105491231002', '029-87654321', NULL), ('秘钥三', NULL, NULL, NULL, '')");
        await RunAsync(table);
        (await Received(table)).ShouldBe(Sorted(
            [$"{Hashed("秘钥一")}|张**|110105**********2X|138****5678|西安", $"{Hashed("秘钥二")}|李*|110105*******02|029-****4321|∅", $"{Hashed("秘钥三")}|∅|∅|∅|"]));

        await table.ExecuteAsync("UPDATE t SET name = '张无忌' WHERE id = '秘钥一'; DELETE FROM t WHERE id = '秘钥二'; UPDATE t SET id = '秘钥四', phone = '13912345678' WHERE id = '秘钥三'");
        await RunAsync(table);
        (await Received(table)).ShouldBe(Sorted([$"{Hashed("秘钥一")}|张**|110105**********2X|138****5678|西安", $"{Hashed("秘钥四")}|∅|∅|139****5678|"]));
        table.Payloads.Count.ShouldBeGreaterThan(1);
        foreach (var payload in table.Payloads)
        {
            var text = Encoding.UTF8.GetString(payload);
            foreach (var plain in new[] { "秘钥", "张三丰", "无忌", "19491231", "13812345678", "87654321", "13912345678" }) { text.ShouldNotContain(plain); }
        }
    }

    private static async Task RunAsync(CapturedTable table)
    {
        await table.RunAsync();
        await table.RunAsync();
    }

    private static async Task<List<string>> Received(CapturedTable table) => Sorted(await table.Department.QueryAsync("SELECT id, name, number, phone, city FROM received"));

    private static List<string> Sorted(IEnumerable<string> rows) => [.. rows.Order(StringComparer.Ordinal)];

    private static string Hashed(string value) => Convert.ToHexStringLower(HMACSHA256.HashData(Secret, Encoding.UTF8.GetBytes(value)));

    private static string Masked(ItemType type, ItemMask mask, int? keep, Action<ColumnBuffer> put)
    {
        var column = new ColumnBuffer(type);
        put(column);
        return PostgresSource.TextOf(MaskingOf(type, mask, keep).Mask([column], 1)[0], 0);
    }

    private static Masking MaskingOf(ItemType type, ItemMask mask, int? keep) => new([new("值", "v", type, null, false, mask, keep)], Secret);
}
