namespace Zhengtong.Exchange.Timetables;

/// <summary>Whose turn comes first while more deliveries are due than may run at once.</summary>
public enum DeliveryPriority
{
    /// <summary>Before all others that became due in the same minute.</summary>
    High,
    /// <summary>As every delivery that nobody said anything about.</summary>
    Normal,
    /// <summary>After the others; but it ages, and its turn comes.</summary>
    Low,
}

/// <summary>运行安排: when, how fast and before whom a delivery runs. One without it runs at any time, as fast as both sides can, in normal order.</summary>
internal sealed class Timetable
{
    /// <summary>Most windows of one delivery.</summary>
    internal const int MostWindows = 14;

    internal required Guid DeliveryId { get; init; }

    /// <summary>When its provider's database may be read; none for always.</summary>
    internal IReadOnlyList<RunningWindow> Windows { get; private set; } = [];

    /// <summary>Most rows a second that leave the provider; null without a limit.</summary>
    internal int? RowsPerSecond { get; private set; }

    /// <summary>Most bytes a second, as sealed, that leave the provider; null without a limit.</summary>
    internal long? BytesPerSecond { get; private set; }

    internal DeliveryPriority Priority { get; private set; } = DeliveryPriority.Normal;

    /// <summary>From 1; of two changes at once one loses here.</summary>
    internal int Revision { get; private set; } = 1;

    internal void OpenIn(IReadOnlyList<RunningWindow> windows)
    {
        Windows = windows;
        Revision++;
    }

    internal void LimitTo(int? rowsPerSecond, long? bytesPerSecond)
    {
        (RowsPerSecond, BytesPerSecond) = (rowsPerSecond, bytesPerSecond);
        Revision++;
    }

    internal void Rank(DeliveryPriority priority)
    {
        Priority = priority;
        Revision++;
    }
}
