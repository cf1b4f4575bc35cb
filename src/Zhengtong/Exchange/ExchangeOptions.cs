namespace Zhengtong.Exchange;

/// <summary>Settings of the exchange engine, section <c>Exchange</c> of the configuration.</summary>
internal sealed class ExchangeOptions
{
    /// <summary>Most rows in one batch. Default 50,000.</summary>
    public int BatchRows { get; set; } = 50_000;

    /// <summary>A batch is closed with the row that passes this many bytes. Default 8 MiB.</summary>
    public int BatchBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>Most deliveries at work at once in one process. Default 4.</summary>
    public int Parallel { get; set; } = 4;

    /// <summary>How often agreements and deliveries are compared, in milliseconds. Default 1,000.</summary>
    public int TickMilliseconds { get; set; } = 1000;
}
