using Microsoft.Extensions.Options;

namespace Zhengtong.OpenData.Publishing;

/// <summary>Configuration section <c>OpenData:Files</c>.</summary>
internal sealed class DatasetFilesOptions
{
    /// <summary>Most bytes of one file; default 4 GiB.</summary>
    public long MaxBytes { get; set; } = 4L << 30;
}

/// <summary>Refuses limits that make no sense at start.</summary>
internal sealed class DatasetFilesOptionsCheck : IValidateOptions<DatasetFilesOptions>
{
    public ValidateOptionsResult Validate(string? name, DatasetFilesOptions options) =>
        options.MaxBytes > 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail("OpenData:Files:MaxBytes must be above 0");
}
