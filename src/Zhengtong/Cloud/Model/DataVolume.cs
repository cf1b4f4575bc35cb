using System.ComponentModel.DataAnnotations;

namespace Zhengtong.Cloud.Model;

/// <summary>A data volume 云硬盘 of an instance: a disk beside its own, counted as disk.</summary>
/// <param name="Name">1 to 20 lower-case letters, digits and hyphens, a letter first, no hyphen last; unique in its instance.</param>
/// <param name="Size">How large, 1 to 65,536; it only grows.</param>
/// <param name="Path">Where it is mounted: absolute, at most 100 letters, digits and <c>. _ -</c>, not the root; it stays.</param>
public sealed record DataVolume([Required, RegularExpression(DataVolume.NameForm)] string Name, [Range(1, 65_536)] int Size, [Required, StringLength(100, MinimumLength = 2), RegularExpression(DataVolume.PathForm)] string Path)
{
    /// <summary>Most volumes of an instance.</summary>
    internal const int Most = 8;

    internal const string NameForm = "^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$";
    internal const string PathForm = @"^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$";
}

/// <summary>A volume as its resource keeps it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Size">Its size.</param>
/// <param name="Path">Where it is mounted.</param>
/// <param name="IsLeaving">True once it is not to be any more: it is still held, until its engine no longer has it.</param>
internal sealed record KeptVolume(string Name, int Size, string Path, bool IsLeaving = false);
