using System.Security.Cryptography;

namespace Zhengtong.OpenData.Apps;

/// <summary>The files that every page of a guide needs, and what tells one state of them from another: with any of them changed the service worker is another and takes them anew.</summary>
internal sealed class GuideShellFiles
{
    /// <summary>Their addresses.</summary>
    internal static readonly IReadOnlyList<string> All = ["/lib/bootstrap/bootstrap.min.css", "/theme.css", "/guide.css", "/guide.js", "/map.js"];

    private const string WorkerFile = "guide-worker.js";

    public GuideShellFiles(IWebHostEnvironment environment)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in All.Select(f => f[1..]).Append(WorkerFile))
        {
            using var content = environment.WebRootFileProvider.GetFileInfo(file).CreateReadStream();
            using var copy = new MemoryStream();
            content.CopyTo(copy);
            hash.AppendData(copy.ToArray());
            if (file == WorkerFile) { Worker = System.Text.Encoding.UTF8.GetString(copy.ToArray()); }
        }

        // Pages change with the program too.
        hash.AppendData(typeof(GuideShellFiles).Module.ModuleVersionId.ToByteArray());
        Version = Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    /// <summary>16 hex digits.</summary>
    internal string Version { get; }

    /// <summary>The script of the service worker, without its settings.</summary>
    internal string Worker { get; } = "";
}
