using Zhengtong.OpenData.Import;
using Zhengtong.OpenData.Model;
using Zhengtong.Tests.Support;

namespace Zhengtong.Tests.OpenData.Support;

/// <summary>A published table with places that several interfaces are tried on: 250 public toilets on a grid, every tenth without a place.</summary>
internal static class Toilets
{
    internal const int Count = 250;

    internal static readonly IReadOnlyList<NewColumn> Columns =
    [
        new("名称", ColumnType.Text) { Title = "公厕名称" }, new("lon", ColumnType.Float), new("lat", ColumnType.Float), new("蹲位", ColumnType.Integer), new("建成", ColumnType.Date),
        new("更新", ColumnType.Timestamp), new("面积 m²", ColumnType.Decimal) { Precision = 10, Scale = 2 }, new("无障碍", ColumnType.Boolean),
    ];

    /// <summary>Cells of the row of this number, from 1.</summary>
    internal static object?[] Row(int n) =>
    [
        $"公厕{n}号", n % 10 == 0 ? null : 108 + (n % 25 * 0.01), n % 10 == 0 ? null : 34 + (n / 25 * 0.01), n % 7 == 0 ? null : (long)(n % 12), new DateOnly(2000 + (n % 20), 1 + (n % 12), 1),
        new DateTime(2026, 1, 1, 8, 0, 0, DateTimeKind.Unspecified).AddHours(n), n + 0.25m, n % 3 == 0,
    ];

    /// <summary>Publishes them.</summary>
    internal static async Task<PublishedDataset> PublishAsync(PlatformFixture platform, CoordinateSystem system = CoordinateSystem.Wgs84, OpenAttribute attribute = OpenAttribute.Unconditional)
    {
        var writer = platform.App.Services.GetRequiredService<TableWriter>();
        var table = await writer.WriteAsync(Columns, Rows(), new NewPlaces(0, 2, 3, system), CancellationToken.None);
        var description = Published.Description("公共厕所") with { OpenAttribute = attribute, OpenCondition = attribute == OpenAttribute.Unconditional ? null : "说明用途", CoordinateSystem = system };
        return await platform.PublishAsync(await platform.Department(), description, MadeFile.Text("toilets.csv", "made") with { Written = table });
    }

    private static async IAsyncEnumerable<object?[]> Rows()
    {
        for (var n = 1; n <= Count; n++) { yield return Row(n); }
        await Task.CompletedTask;
    }
}
