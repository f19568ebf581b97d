//! Arabic.

use super::Texts;

pub(super) const TEXTS: Texts = Texts {
    tag: "ar",
    direction: "rtl",
    message_from: "رسالة جديدة من {}",
    message: "لديك رسالة جديدة",
    marketplace: "المنصة",
    about: "بخصوص: {}",
    unread: "الرسائل غير المقروءة: {}",
    photo: "صورة",
    voice: "رسالة صوتية",
    file: "ملف",
    audio_call: "مكالمة صوتية",
    video_call: "مكالمة فيديو",
    missed: "فائتة",
    reply: "القراءة والرد",
    use_the_link: "يُرجى الرد داخل المحادثة، فالردود على هذه الرسالة لا تصل إلى أحد.",
    unsubscribe: "إيقاف رسائل البريد عن الرسائل غير المقروءة",
    unsubscribe_ask: "إيقاف رسائل البريد عن الرسائل غير المقروءة؟",
    unsubscribe_yes: "إيقاف",
    unsubscribed: "لن تصلك رسائل بريد أخرى عن الرسائل غير المقروءة. يمكنك تغيير ذلك في إعدادات المحادثة.",
    unsubscribe_unknown: "هذا الرابط غير مكتمل. استخدم الرابط في رسالة البريد أو إعدادات المحادثة.",
};
