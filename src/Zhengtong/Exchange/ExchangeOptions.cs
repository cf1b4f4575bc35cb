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

    /// <summary>While more deliveries are due than may run at once: how many seconds later than it is due a delivery's turn comes for each step its priority is below high. From 0, which
    /// knows no priority. Default 60.</summary>
    public int PrioritySeconds { get; set; } = DefaultPrioritySeconds;

    /// <summary>The same on a front-end node.</summary>
    internal const int DefaultPrioritySeconds = 60;

    /// <summary>From which hour of the day in China deliveries are reconciled, 0 to 23; -1 never by schedule. Default 2.</summary>
    public int ReconcileHour { get; set; } = 2;

    /// <summary>Longest lag that may be set: an hour.</summary>
    internal const int MostLagSeconds = 3600;

    /// <summary>How many seconds behind the clock changes of a MariaDB or MySQL table are read where the account has not the right PROCESS; a transaction of the
    /// department must not last longer, or its rows are missed until a reconciliation. 1 to 3,600. Default 300.</summary>
    public int MySqlLagSeconds { get; set; } = 300;

    /// <summary>From how many bytes of log kept by a source for one delivery on the parties are warned. Default 1 GiB.</summary>
    public long LogAlarmBytes { get; set; } = 1L << 30;

    /// <summary>A department's database that says nothing for so long while it is asked counts as gone, in seconds: the run ends, and the next one goes on where it
    /// was. However slow, a database that does say something is waited for; but a server that sorts or deletes a whole table says nothing meanwhile. 1 to 86,400. Default 600.</summary>
    public int SilenceSeconds { get; set; } = 600;

    /// <summary>Most rows of one delivery that may wait in quarantine; with more the delivery stands still, because then the source is broken and not a row. From 1. Default 10,000.</summary>
    public int MostQuarantined { get; set; } = 10_000;

    /// <summary>How often agreements and deliveries are compared, in milliseconds. Default 1,000.</summary>
    public int TickMilliseconds { get; set; } = 1000;

    /// <summary>How calls are recorded and sealed.</summary>
    public CallOptions Calls { get; set; } = new();

    /// <summary>Who stamps seals with the time.</summary>
    public TimeStampingOptions TimeStamping { get; set; } = new();
}

/// <summary>Settings of the evidence of calls, section <c>Exchange:Calls</c>.</summary>
internal sealed class CallOptions
{
    /// <summary>Calls that wait to be recorded before callers must wait, from 1. Default 4,096.</summary>
    public int Queue { get; set; } = 4096;

    /// <summary>How long the first of a group waits for others before it is saved, in milliseconds; 0 not at all, for those that come while others are saved form the next group anyway. Default 0.</summary>
    public int LingerMilliseconds { get; set; }

    /// <summary>A call's ciphertext that is longer than this goes to the object store, in bytes. Default 64 KiB.</summary>
    public int InlineBytes { get; set; } = 64 * 1024;

    /// <summary>A recorded call is sealed at most so long after, in milliseconds, from 2. Default 200.</summary>
    public int SealMilliseconds { get; set; } = 200;
}

/// <summary>Settings of the time-stamping authority 时间戳机构 (RFC 3161), section <c>Exchange:TimeStamping</c>.</summary>
internal sealed class TimeStampingOptions
{
    /// <summary>Address of the authority, http or https; null stamps nothing. Default null.</summary>
    public string? Url { get; set; }

    /// <summary>File with the certificate to trust, PEM or DER: the authority's own, or that of the CA that issued it. Required with <see cref="Url"/>.</summary>
    public string? Certificate { get; set; }

    /// <summary>How often unstamped seals are looked for, in milliseconds, from 100. Default 1,000.</summary>
    public int EveryMilliseconds { get; set; } = 1000;
}
