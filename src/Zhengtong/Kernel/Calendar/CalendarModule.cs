using Zhengtong.Kernel.Identity;

namespace Zhengtong.Kernel.Calendar;

/// <summary>Calendar: the working days of China and the limits counted on them.</summary>
internal static class CalendarModule
{
    internal static void AddCalendar(this IServiceCollection services)
    {
        services.AddScoped<WorkingCalendar>();
        services.AddSingleton<IStartupStep, CalendarData>();
        services.AddSingleton(new NavigationItem(Right.ManageCalendar, "/admin/calendar", "kernel.calendar.title", "calendar", 930, "kernel.menu.administration"));
    }

    internal static void MapCalendar(this IEndpointRouteBuilder api)
    {
        ReadCalendarYear.Map(api);
        ChangeCalendarDay.Map(api);
        DecreeCalendarYear.Map(api);
        ListDeadlineRules.Map(api);
        SetDeadlineRule.Map(api);
    }
}
