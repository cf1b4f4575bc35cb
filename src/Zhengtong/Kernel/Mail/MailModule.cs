using Microsoft.Extensions.Options;
using Zhengtong.Kernel.Jobs;

namespace Zhengtong.Kernel.Mail;

/// <summary>Mail: letters that leave the platform.</summary>
internal static class MailModule
{
    internal static void AddMail(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<MailOptions>().Bind(builder.Configuration.GetSection("Zhengtong:Mail")).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<MailOptions>, MailOptionsCheck>();
        builder.Services.AddSingleton<Mailing>();
        builder.Services.AddReconciler<SendMail>();
    }
}
