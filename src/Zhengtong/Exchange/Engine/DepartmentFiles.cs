using System.Text.RegularExpressions;

namespace Zhengtong.Exchange.Engine;

/// <summary>The folder in which a department's SQLite files lie: below the data directory, one folder an organisation, so that none reaches another's.</summary>
internal static partial class DepartmentFiles
{
    /// <summary>departments/{organisation}, made when missing.</summary>
    internal static string FolderOf(Deployment deployment, Guid organisation)
    {
        var folder = deployment.PathOf("departments", $"{organisation:D}");
        Directory.CreateDirectory(folder);
        return folder;
    }

    /// <summary>True for a bare file name such as <c>registry.db</c>: no folder, nothing that climbs out.</summary>
    internal static bool IsFileName(string name) => FileName().IsMatch(name);

    /// <summary>The file's absolute path.</summary>
    /// <exception cref="ArgumentException">Not a bare file name.</exception>
    internal static string PathOf(Deployment deployment, Guid organisation, string name) =>
        IsFileName(name) ? Path.Combine(FolderOf(deployment, organisation), name) : throw new ArgumentException("Not a bare file name", nameof(name));

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9_-]{0,59}\.db\z")]
    private static partial Regex FileName();
}
