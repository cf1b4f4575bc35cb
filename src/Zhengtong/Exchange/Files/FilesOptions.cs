using Microsoft.Extensions.Options;

namespace Zhengtong.Exchange.Files;

/// <summary>Settings of the file exchange, section <c>Exchange:Files</c> of the configuration.</summary>
internal sealed class FilesOptions
{
    /// <summary>Most bytes of one file, from 1. Default 100 GB.</summary>
    public long MaxBytes { get; set; } = 100_000_000_000;

    /// <summary>Most bytes of a file sent by the plain form, which cannot go on after a cut. Default 1 GB.</summary>
    public long FormBytes { get; set; } = 1_000_000_000;

    /// <summary>How long an unfinished upload is kept after its last bytes, in hours. Default 72.</summary>
    public int UploadHours { get; set; } = 72;

    /// <summary>How long a file stays after its publication when every recipient has confirmed it, in days, from 0. Default 30; the provider may set another for a resource.</summary>
    public int KeepDays { get; set; } = 30;

    /// <summary>After how many days a file goes although somebody has not confirmed it; the ledger then names who. Default 180; the provider may set another for a resource.</summary>
    public int LatestDays { get; set; } = 180;

    /// <summary>Where clamd listens: <c>host:port</c>, or the absolute path of its socket. Null checks nothing, and the file says so.</summary>
    public string? Clamd { get; set; }

    /// <summary>How long clamd may be silent, in seconds, from 1. Default 60.</summary>
    public int ClamdSeconds { get; set; } = 60;

    /// <summary>For how long a file in an outbox must have stood still before it is taken in, in seconds. Default 5.</summary>
    public int StillSeconds { get; set; } = 5;

    /// <summary>How often outboxes and inboxes are looked at, in milliseconds, at least 100. Default 2,000.</summary>
    public int FolderMilliseconds { get; set; } = 2000;
}

/// <summary>Refuses settings that cannot work at start, naming each.</summary>
internal sealed class FilesOptionsCheck : IValidateOptions<FilesOptions>
{
    public ValidateOptionsResult Validate(string? name, FilesOptions options)
    {
        var faults = new (string Key, bool Holds, string Rule)[]
        {
            ("MaxBytes", options.MaxBytes > 0, "is at least 1"),
            ("FormBytes", options.FormBytes > 0, "is at least 1"),
            ("UploadHours", options.UploadHours > 0, "is at least 1"),
            ("KeepDays", options.KeepDays >= 0, "is not negative"),
            ("LatestDays", options.LatestDays >= options.KeepDays, "is not below KeepDays"),
            ("Clamd", options.Clamd is null || Clamd.IsAddress(options.Clamd), "is host:port or the absolute path of a socket"),
            ("ClamdSeconds", options.ClamdSeconds > 0, "is at least 1"),
            ("FolderMilliseconds", options.FolderMilliseconds >= 100, "is at least 100"),
        }.Where(f => !f.Holds).Select(f => $"Exchange:Files:{f.Key} {f.Rule}").ToList();
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
