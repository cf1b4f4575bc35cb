using Zhengtong.Kernel;
using Zhengtong.Web;

namespace Zhengtong.Exchange.Monitor;

/// <summary>An alarm's figure and limit in the reader's language.</summary>
internal static class AlarmFigure
{
    internal static string Of(AlarmKind kind, long figure) => kind switch
    {
        AlarmKind.NodeDisk => Show.Bytes(figure),
        AlarmKind.Lag or AlarmKind.Silence or AlarmKind.NodeSilence => Show.Span(TimeSpan.FromSeconds(figure)),
        AlarmKind.NodeCertificate => Show.Span(TimeSpan.FromSeconds(Math.Max(0, figure))),
        AlarmKind.Key => Text.Of("exchange.alarm.days", Show.Number(figure)),
        AlarmKind.Quota => Text.Of("exchange.alarm.calls", Show.Number(figure)),
        _ => Text.Of("exchange.alarm.times", Show.Number(figure)),
    };
}
