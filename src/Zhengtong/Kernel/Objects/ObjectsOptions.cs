using Microsoft.Extensions.Options;

namespace Zhengtong.Kernel.Objects;

/// <summary>Where objects lie.</summary>
public enum ObjectsKind
{
    /// <summary>A folder below the data directory.</summary>
    Folder,
    /// <summary>A bucket of an S3 service.</summary>
    S3,
}

/// <summary>Configuration section <c>Objects</c>, for example <c>Objects__Kind=S3</c> in the environment. Keys are never logged.</summary>
internal sealed class ObjectsOptions
{
    /// <summary>Default: a local folder. All processes of one platform need the same store, so several machines need S3.</summary>
    public ObjectsKind Kind { get; set; } = ObjectsKind.Folder;

    /// <summary>Address of the service, for example https://s3.example.gov.cn. Required for S3.</summary>
    public string? Endpoint { get; set; }

    /// <summary>The bucket; it must exist. Required for S3.</summary>
    public string? Bucket { get; set; }

    /// <summary>Region named in request signatures; default us-east-1, which most services take.</summary>
    public string Region { get; set; } = "us-east-1";

    /// <summary>Required for S3.</summary>
    public string? AccessKey { get; set; }

    /// <summary>Required for S3.</summary>
    public string? SecretKey { get; set; }

    /// <summary>Bytes of copies that a machine keeps to read tables from, for S3 only. Default 20 GiB; what was used within the hour stays beyond it.</summary>
    public long LocalBytes { get; set; } = 20L * 1024 * 1024 * 1024;
}

/// <summary>Refuses half a configuration at start, naming everything that is missing.</summary>
internal sealed class ObjectsOptionsCheck : IValidateOptions<ObjectsOptions>
{
    public ValidateOptionsResult Validate(string? name, ObjectsOptions options)
    {
        if (options.Kind != ObjectsKind.S3) { return ValidateOptionsResult.Success; }
        var missing = new (string Key, string? Value)[]
        {
            ("Endpoint", options.Endpoint), ("Bucket", options.Bucket), ("AccessKey", options.AccessKey), ("SecretKey", options.SecretKey),
        }.Where(setting => string.IsNullOrWhiteSpace(setting.Value)).Select(setting => $"Objects:{setting.Key} is missing; S3 needs it").ToList();
        if (options.Endpoint is { } endpoint && !Uri.TryCreate(endpoint, UriKind.Absolute, out _)) { missing.Add("Objects:Endpoint is no absolute address"); }
        return missing.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(missing);
    }
}
