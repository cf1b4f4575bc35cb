using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel;

/// <summary>An entry of the workbench's menu; a module registers its entries as singletons.</summary>
/// <param name="Right">Who sees it: holders of the right; null for everyone who is signed in. The page checks again.</param>
/// <param name="Href">Where it leads, from the root: <c>/work/catalogue</c>. The entry is marked on every page below it.</param>
/// <param name="TextKey">Key of its words: <c>catalogue.menu</c>.</param>
/// <param name="Icon">Name of a drawing of <c>Icon.razor</c>.</param>
/// <param name="Order">Place within its group, ascending. Groups stand in the order of their smallest entry.</param>
/// <param name="Group">Key of the heading above it; empty for none.</param>
internal sealed record NavigationItem(Right? Right, string Href, string TextKey, string Icon, int Order, string Group);
