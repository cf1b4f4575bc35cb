using System.Text;
using System.Text.Json;
using Zhengtong.Agreements;
using Zhengtong.Catalogue.Model;

namespace Zhengtong.Exchange.Gateway;

/// <summary>The agreed members of an API's answers, as a tree of names. A leaf brings all that stands below it, a masked one only its own values, each masked.</summary>
/// <remarks>Where one agreed member lies below another, the nearer word counts: a masked member of an object that is agreed whole stays masked.</remarks>
internal sealed class MemberTree
{
    /// <summary>Everything below an agreed member.</summary>
    internal static readonly MemberTree All = new() { IsLeaf = true };

    private readonly List<(byte[] Name, MemberTree Below)> members = [];

    internal bool IsLeaf { get; private set; }

    /// <summary>How a value that stands here is masked; null when it is not. A masked member is no leaf.</summary>
    internal MemberMask? Mask { get; private set; }

    /// <summary>The tree of an agreement's items; null when the whole answer is agreed.</summary>
    /// <param name="items">The agreed items.</param>
    /// <param name="secret">What hashes are made with; not used when no item is masked.</param>
    internal static MemberTree? Of(IReadOnlyList<AgreedItem> items, byte[] secret)
    {
        if (items.Count == 0) { return null; }
        var root = new MemberTree();
        foreach (var item in items)
        {
            var place = root.At(item.Column.Split('.'));
            if (item.Mask == ItemMask.None) { place.IsLeaf = true; } else { place.Mask = new MemberMask(item, secret); }
        }

        root.Settle(isWithinLeaf: false);
        return root;
    }

    /// <summary>The tree below the member whose name the reader stands on; null when nothing of it is agreed.</summary>
    internal MemberTree? Find(ref Utf8JsonReader reader)
    {
        foreach (var (name, below) in members)
        {
            if (reader.ValueTextEquals(name)) { return below; }
        }

        return IsLeaf ? All : null;
    }

    /// <summary>The place of this path, made when it is not there.</summary>
    private MemberTree At(ReadOnlySpan<string> path)
    {
        if (path.IsEmpty) { return this; }
        var name = Encoding.UTF8.GetBytes(path[0]);
        var below = members.Find(m => m.Name.AsSpan().SequenceEqual(name)).Below;
        if (below is null) { members.Add((name, below = new MemberTree())); }
        return below.At(path[1..]);
    }

    private void Settle(bool isWithinLeaf)
    {
        IsLeaf = Mask is null && (IsLeaf || isWithinLeaf);
        foreach (var (_, below) in members) { below.Settle(IsLeaf); }
    }
}
