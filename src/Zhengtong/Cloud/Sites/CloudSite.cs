using System.Text.RegularExpressions;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel.Objects;

namespace Zhengtong.Cloud.Sites;

/// <summary>Whose web server answers for a site.</summary>
public enum SiteServer
{
    /// <summary>静态网站: the platform puts a web server into the instance, and into it the files that its department uploads.</summary>
    Platform,
    /// <summary>容器网站系统: what the instance's image or its department brings along; the platform only leads to it.</summary>
    Own,
}

/// <summary>What a department said of its site 网站, beside the resource that it is. A site without a row has the default of everything; its address is then its resource's number.</summary>
internal sealed partial class CloudSite
{
    internal const int LongestName = 40;

    internal required Guid ResourceId { get; init; }

    /// <summary>In the address <c>/sites/{name}/</c>; see <see cref="IsName"/>. Unique.</summary>
    internal required string Name { get; set; }

    internal SiteServer Server { get; set; }

    /// <summary>Port that it answers on inside, 1 to 65535.</summary>
    internal int Port { get; set; } = DefaultPort;

    /// <summary>Its files as the platform packed them (<see cref="SiteArchive"/>); null before the first upload.</summary>
    internal Digest? Files { get; set; }

    /// <summary>How many files, and how many bytes in them.</summary>
    internal int FileCount { get; set; }

    internal long FileBytes { get; set; }

    internal DateTimeOffset? UploadedAt { get; set; }

    /// <summary>From 1; of two changes at once one acts.</summary>
    internal int Revision { get; private set; } = 1;

    internal const int DefaultPort = 80;

    internal void Touch() => Revision++;

    /// <summary>What a site is called before its department says otherwise.</summary>
    internal static string DefaultNameOf(CloudResource resource) => resource.Number.ToLowerInvariant();

    internal static CloudSite Of(CloudResource resource) => new() { ResourceId = resource.Id, Name = DefaultNameOf(resource) };

    /// <summary>Who needs its files in the store.</summary>
    internal static string OwnerOf(Guid resource) => $"cloud:site:{resource}";

    /// <summary>True for 3 to 40 lower-case letters, digits and hyphens, a letter first and no hyphen last; numbers of resources are nobody's to take.</summary>
    internal static bool IsName(string name) => Form().IsMatch(name) && !Number().IsMatch(name);

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{1,38}[a-z0-9]\z")]
    private static partial Regex Form();

    [GeneratedRegex(@"\A[a-z]{1,3}-[0-9]")]
    private static partial Regex Number();
}
