using Microsoft.Extensions.Options;

namespace Zhengtong.Exchange.Monitor;

/// <summary>Settings of the exchange monitor, section <c>Exchange:Monitor</c>: when something is told to those concerned.</summary>
internal sealed class MonitorOptions
{
    /// <summary>How often alarms are looked for, in seconds, from 1. Default 30.</summary>
    public int EverySeconds { get; set; } = 30;

    /// <summary>For how long what raised an alarm must be over before it is cleared, in seconds, from 0; keeps an alarm from coming and going. Default 120.</summary>
    public int CalmSeconds { get; set; } = 120;

    /// <summary>How long a sealed batch may be under way, in seconds, from 1. Default 600.</summary>
    public int LagSeconds { get; set; } = 600;

    /// <summary>How long a published file may wait for its recipient's receipt, in hours, from 1. Default 72.</summary>
    public int FileLagHours { get; set; } = 72;

    /// <summary>How many agreed cycles may pass without a complete run or a batch, or a file, from 1. Default 3.</summary>
    public int SilentCycles { get; set; } = 3;

    /// <summary>Silence shorter than this is never told, in seconds, from 0. Default 300.</summary>
    public int SilentSeconds { get; set; } = 300;

    /// <summary>After how many failed runs in a row a delivery is told of, from 1. Default 3.</summary>
    public int FailedRuns { get; set; } = 3;

    /// <summary>After how many failed calls within an hour an agreement is told of, from 1. Default 20.</summary>
    public int FailedCalls { get; set; } = 20;

    /// <summary>From which part of a day's calls on the quota is told of, in percent, 1 to 100. Default 90.</summary>
    public int QuotaPercent { get; set; } = 90;

    /// <summary>How long a sealing key of an organisation is to be used, in days; 0 for ever. Default 1,095, three years.</summary>
    public int KeyDays { get; set; } = 1095;

    /// <summary>How many days before its end a key or certificate is told of, from 1. Default 30.</summary>
    public int KeyWarningDays { get; set; } = 30;
}

/// <summary>Refuses settings that cannot work at start, naming each.</summary>
internal sealed class MonitorOptionsCheck : IValidateOptions<MonitorOptions>
{
    public ValidateOptionsResult Validate(string? name, MonitorOptions options)
    {
        var faults = new (string Key, bool Holds, string Rule)[]
        {
            ("EverySeconds", options.EverySeconds > 0, "is at least 1"),
            ("CalmSeconds", options.CalmSeconds >= 0, "is not negative"),
            ("LagSeconds", options.LagSeconds > 0, "is at least 1"),
            ("FileLagHours", options.FileLagHours > 0, "is at least 1"),
            ("SilentCycles", options.SilentCycles > 0, "is at least 1"),
            ("SilentSeconds", options.SilentSeconds >= 0, "is not negative"),
            ("FailedRuns", options.FailedRuns > 0, "is at least 1"),
            ("FailedCalls", options.FailedCalls > 0, "is at least 1"),
            ("QuotaPercent", options.QuotaPercent is > 0 and <= 100, "is between 1 and 100"),
            ("KeyDays", options.KeyDays >= 0, "is not negative"),
            ("KeyWarningDays", options.KeyWarningDays > 0, "is at least 1"),
        }.Where(f => !f.Holds).Select(f => $"Exchange:Monitor:{f.Key} {f.Rule}").ToList();
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
