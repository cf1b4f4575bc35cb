namespace Zhengtong.EndToEnd.Support;

/// <summary>Screenshots for people to look at.</summary>
internal static class Pictures
{
    internal static Task ShootAsync(this IPage page, string name) => page.ScreenshotAsync(new()
    {
        Path = Path.Combine(Repository.Screenshots, $"{name}-{page.ViewportSize!.Width}.png"),
        FullPage = true,
        Animations = ScreenshotAnimations.Disabled,
    });
}
