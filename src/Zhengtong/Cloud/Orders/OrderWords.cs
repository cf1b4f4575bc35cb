using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;
using Zhengtong.Web;

namespace Zhengtong.Cloud.Orders;

/// <summary>How amounts are said to people.</summary>
internal static class OrderWords
{
    /// <summary>The same with the data volumes among them.</summary>
    internal static string Said(IReadOnlyList<ResourceAmount> amounts, IReadOnlyList<DataVolume>? volumes) => volumes is { Count: > 0 }
        ? $"{Said(amounts)}{Text.Of("cloud.comma")}{string.Join(Text.Of("cloud.comma"), volumes.Select(v => Text.Of("cloud.volume.said", v.Name, v.Size, v.Path)))}" : Said(amounts);

    /// <summary>4 cores, 8 GiB of memory, 40 GiB of disk; what has no words of its own as its kind and number.</summary>
    internal static string Said(IReadOnlyList<ResourceAmount> amounts) => string.Join(Text.Of("cloud.comma"), amounts.OrderBy(a => a.Kind switch { "vcpu" => 0, "memory" => 1, "disk" => 2, _ => 3 }).Select(a => a.Kind switch
    {
        "vcpu" => Text.Of("cloud.amount.vcpu", Show.Number(a.Amount / 1000m)),
        "memory" when a.Amount % 1024 == 0 => Text.Of("cloud.amount.memory", Show.Number(a.Amount / 1024m)),
        "memory" => Text.Of("cloud.amount.memory-mib", Show.Number(a.Amount)),
        "disk" => Text.Of("cloud.amount.disk", Show.Number(a.Amount)),
        _ => Text.Of("cloud.amount.other", ResourceKind.TitleOf(a.Kind, ""), Show.Number(a.Amount)),
    }));
}
