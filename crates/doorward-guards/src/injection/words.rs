//! What words mean to the rules, in the languages the rules speak.
//!
//! Responsible for the vocabulary alone: a word or phrase, and what it stands for. It must never hold whole sentences: what
//! matters is how meanings come together, and `rules` says that.
//!
//! A list is separated by `|`. `*` at the end lets any ending follow; languages written without spaces need no `*`.

/// What a word stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Meaning {
    /// Setting aside: ignore, forget, bypass.
    Override,
    /// What a model is told to be and do: instructions, guidelines, prompt.
    Instructions,
    /// The same words in everyday use: rules, policy, task.
    Orders,
    /// Earlier, above, all of it.
    Prior,
    /// You, your.
    You,
    /// Assistant, AI, model, agent.
    Model,
    /// Show, repeat, disclose.
    Reveal,
    /// The system prompt itself, under any of its names.
    Prompt,
    /// Pretend, act as, you are now.
    Pretend,
    /// Without limits: unrestricted, developer mode, jailbroken.
    Unbound,
    /// A person shall not hear of it.
    Conceal,
    /// Silently, in the background.
    Silent,
    /// Send, forward, upload, post.
    Send,
    /// An address or URL.
    Address,
    /// Keys, passwords, files that hold them.
    Secret,
    /// What was said between the user and the model.
    Conversation,
    /// Call, invoke, run, use.
    Call,
    /// Tool, function.
    Tool,
    /// Must, always, never.
    Must,
    /// Important, urgent, attention.
    Urgent,
    /// On behalf of somebody with a say.
    Authority,
    /// The user is said to have agreed; nobody needs to be asked.
    Consent,
    /// Before anything else, first, instead.
    First,
    /// New instructions, your task is now.
    NewTask,
    /// Follow, obey, comply.
    Obey,
    /// Tokens and tags by which prompts are put together.
    Markup,
    /// The text speaks about attacks instead of making one.
    Discuss,
    /// Decode this and do it.
    Decode,
    /// The user, a person.
    User,
    /// A politely or plainly put order: please, you need to.
    Please,
    /// Content that travels along: with the body, including, as a parameter.
    Carry,
    /// What an attack tool does.
    Attack,
    /// What an attack tool does it to.
    Prey,
    /// Private matters of the user.
    Private,
    /// Harmful subjects a model is asked to help with.
    Harm,
    /// Answer, respond, say, output.
    Answer,
    /// Only, nothing else.
    Only,
    /// Praise of a tool over others.
    Best,
    /// Addressed to the assistant.
    Salute,
    /// Being without: no, free from.
    Lacking,
    /// Your, and only that.
    Your,
    /// Files and settings that hold keys.
    Vault,
    /// Everything.
    Everything,
    /// Getting something to pass it on: retrieve, find, collect.
    Fetch,
    /// What a sent message says, spelled out.
    Body,
    /// Acting in spite of what was said.
    Anyway,
    /// A picture whose address carries data.
    Beacon,
}

impl Meaning {
    /// Its bit in a set of meanings.
    pub(super) const fn bit(self) -> u64 {
        1 << self as u8
    }
}

/// The words, by what they stand for.
pub(super) const WORDS: &[(Meaning, &str)] = &[
    (
        Meaning::Lacking,
        "no|has no|have no|without|without any|without your|free from|free of|freed from|free yourself|break free|no longer|not bound by|never|ohne|keine|sin|sans|sem|senza|zonder|без|没有|不受|なし|없이|bez|not have|don't have|do not have|removed|lifted|disabled|unlocked",
    ),
    (
        Meaning::Your,
        "your|yours|ur|dein|deine|deinen|deiner|deinem|deines|ihre|ihren|tus|tes|vos|votre|seus|suas|tuoi|tue|tuo|tua|teu|teus|tuas|sua|seu|jouw|je|твои|твоих|твой|твоя|ваши|ваших|你的|您的|あなたの|당신의|너의|네|twoj*|your own|the model's|the assistant's|the ai's|its",
    ),
    (
        Meaning::Vault,
        "id_rsa|id_ed25519|.ssh|~/.ssh|.env|.aws|.netrc|.npmrc|.pgpass|.kube|kubeconfig|.gnupg|.bash_history|.zsh_history|.git-credentials|.docker/config*|mcp.json|.cursor|claude_desktop_config*|/etc/passwd|/etc/shadow|output of env|output of `env`|process.env|os.environ|printenv|ssh key|ssh keys|private key|private keys|wallet.dat|keychain|login data|.config/gcloud|service account key|service-account.json|credentials.json|.vault-token|.pypirc|known_hosts|authorized_keys|shadow file",
    ),
    (
        Meaning::Everything,
        "everything|all of the above|all of that|all the above|all above|the above|anything above|what was said|what you were told|what you have been told|what you've been told|everything i said|alles|das obige|obigen text|was davor|todo lo anterior|todo lo que|todo que|todo|tout ce qui|tout ce que|tudo o que|tudo|tutto ciò|tutto quello|tutto|всё|все|一切|すべて|全て|모든 것|wszystko|her şeyi",
    ),
    (
        Meaning::Fetch,
        "retrieve|retrive|fetch|collect|gather|find|get|obtain|look up|access|read|list|export|extract|check|take|scan|search for|download|compile|dump|grab|harvest|calculate|summarize",
    ),
    (
        Meaning::Body,
        "with the body|with body|as the body|in the body|the body|body field|body:|body of the email|message body|email body|body text|body set|body content|body contains|body containing|body as|body should|with subject|with the subject|subject:|subject line|containing|with the word|with the words|with the text|with the message|with the phrase|with message|with text|with content|with the content|with contents|saying|that says|that reads|stating|whose body|content should|set to|as the message|complete message|single word|single-word|one-word|exact phrase|exact text|in the message|with a message|with details|all the information|with all|the details|those details|the data|acquired data|extracted data|the information|these details|a detailed email|email the|send it|send them|mit dem inhalt|con el cuerpo|avec le corps|com o corpo|con il corpo|con el texto|con el mensaje",
    ),
    (
        Meaning::Anyway,
        "anyway|regardless of its|regardless of what|regardless of the|no matter what|out of sync|are outdated|is outdated|as outdated|don't apply|do not apply|no longer apply|no longer applies|now safe|is safe now|now authorized|now allowed|for this session|despite|ignore this user|bypass them|disregard them|test environment|for testing|temporarily",
    ),
    (
        Meaning::Override,
        "ignore|ignoring|ignored|disregard*|forget|forgetting|forgot|bypass*|overrid*|overrule*|overwrite|neglect|discard|dismiss|\
         suspend|set aside|setting aside|put aside|lay aside|leave aside|sidestep|circumvent*|evade|evading|violate|disable|disabled|disabling|turn off|switch off|\
         turned off|deactivate*|erase|unlearn|cancel|nullify|supersede*|supersed*|do not follow|don't follow|dont follow|stop following|stop obeying|\
         not bound by|no longer bound|deviate from|step outside|stepping outside|operate outside|do not apply|don't apply|let go of|\
         forgo|revoke*|go beyond|ditch|defy|disobey|sever|cast off|\
         pay no attention|never mind|throw away|throw out|get rid of|do away with|not follow|unlock|purge|wipe|stop using|refrain from following|cease|subvert|\
         ignoriere*|ignorier|vergiss|vergesse|vergessen|missachte*|umgehe|umgeh|übergehe|überschreibe|setze außer|außer kraft|verwirf|lass außer acht|löse dich|befreie dich|befolge nicht|\
         folge nicht|halte dich nicht|sieh ab von|lege beiseite|deaktiviere|verstoße|\
         ignora|ignorar|ignorad|ignoren|ignores|ignore|olvida|olvídate|olvidar|olvide|olvidad|descarta|descarte|omite|omita|omitir|anula|anular|desestima|pasa por alto|haz caso omiso|prescinde|desobedece|desactiva|elude|sáltate|deja de lado|deja de seguir|no sigas|desecha|sobrescribe|desvíate|libérate|fuera de|\
         ignorez|ignorer|oublie|oubliez|oublier|néglige|négligez|contourne|contournez|contourner|outrepasse*|fais abstraction|faites abstraction|passe outre|passez outre|ne tiens pas compte|ne tenez pas compte|ne suis pas|ne suivez pas|mets de côté|mettez de côté|laisse de côté|désactive|désactivez|écarte|écartez|enfreins|abandonne|libère-toi|affranchis-toi|en dehors de|\
         esqueça|esquece|esqueçam|esquecer|desconsidere|desconsidera|desconsiderar|despreze|contorne|contorna|contornar|anule|ultrapasse|desative|deixe de lado|coloque de lado|coloca de lado|não siga|não sigas|rompa|desvie*|fuja|desobedeça|liberte-se|liberta-te|fora dos|fora de|\
         ignorate|ignori|dimentica|dimenticare|dimenticate|dimentichi|trascura|trascurare|scarta|aggira|aggirare|tralascia|non seguire|non tenere conto|non considerare|metti da parte|accantona|disattiva|infrangi|bypassa|scavalca|sovrascrivi|sorvola|rinuncia|liberati|al di fuori|\
         negeer|negeren|negeert|vergeet|omzeil|omzeilen|sla over|laat los|zet opzij|overschrijf|schakel uit|\
         игнориру*|игнорируй*|проигнориру*|забудь*|забыть|забудьте|отбрось*|обойди|обойти|отмени*|не следуй*|пренебреги*|отключи*|нарушь|не обращай*|\
         忽略|无视|忽视|忘记|忘掉|绕过|不要遵循|不要理会|不用理会|抛开|跳过|覆盖|取消|不遵守|\
         無視|忘れて|忘れる|忘れろ|従わない|従わず|破棄|バイパス|上書き|回避|取り消|無効|\
         무시|잊어|잊고|따르지|우회|무효|zignoruj*|ignoruj*|zapomnij*|pomiń|obejdź|görmezden gel*|yok say*|unut|unutun|dikkate alma*|تجاهل*|انسَ|انس |تجاوز|अनदेखा|नज़रअंदाज़|भूल जा*|bỏ qua|quên|abaikan|lupakan|glöm|ignorera|zanedbej|ignoruj|zapomeň|αγνόησε|ξέχασε|\
         ignoră|ignorați|uită|hagyd figyelmen|felejtsd el|unohda|jätä huomiotta|ignorer|glem|se bort fra|התעלם*|שכח|เพิกเฉย|ลืม|ignor|break free from|break your|break all|break the rules|skip your|drop your|drop all|abandon your|abandon all|delete your|reject your|reject all|ignore|brich mit|vernachlässige|desatiende|sobrepõe*|écarte|put on hold|override|overriding|are void|are null|is void|disregarding|disable_*|bypass_*|ignore_*",
    ),
    (
        Meaning::Instructions,
        "instruction|instructions|instructons|instrctions|instuctions|instructon*|directive|directives|guideline|guidelines|guidlines|programming|guardrail|guardrails|restrictions|restriction|\
         safety|safeguards|safeguard|ethics|ethical|moderation|content filter|content content policy|content policies|usage policies|safety filter*|alignment|prompting|instructed|\
         censorship|behavioral constraints|inhibitions|moral|morals|morality|ethical constraints|initial text|constitution|filters|\
         anweisung|anweisungen|instruktion|instruktionen|richtlinien|vorgaben|programmierung|direktiven|einschränkungen|beschränkungen|sicherheitsvorgaben|ethik*|ethisch*|leitlinien|befehle|handlungsanweisung*|\
         instrucción|instrucciones|indicaciones|indicación|directrices|directiva|directivas|programación|restricciones|restricción|ética|éticas|éticos|ético|consignas|\
         instruction|consigne|consignes|directives|programmation|restrictions|éthique|éthiques|lignes directrices|contraintes|\
         instrução|instruções|orientações|diretrizes|diretriz|programação|restrições|ética|éticas|éticos|comandos|\
         istruzione|istruzioni|direttive|direttiva|linee guida|programmazione|restrizioni|etica|etiche|etici|vincoli|indicazioni|comandi|\
         instructie|instructies|richtlijnen|aanwijzingen|programmering|beperkingen|opdrachten|\
         инструкц*|указани*|директив*|правил*|ограничени*|программировани*|предписани*|\
         指令|指示|指引|准则|规则|限制|提示词|系统提示|约束|规定|说明|命令|編程|编程|程序设定|設定|道德|伦理|\
         プロンプト|命令|ガイドライン|制限|制約|ルール|プログラミング|倫理|\
         지시|지침|명령|프롬프트|제한|규칙|instrukcj*|polecen*|wytyczn*|talimat*|yönerge*|kısıtlama*|kurallar*|التعليمات|تعليمات|الأوامر|القيود|निर्देश*|chỉ dẫn|hướng dẫn|instruksi|perintah|instruktioner|\
         pokyny|instrukce|οδηγίες|instrucțiuni*|utasítás*|ohjeet|instrukser|ההוראות|הוראות|คำสั่ง|tool description|tool descriptions|tool safeguards|tool restrictions|safety check|safety checks|built-in guidelines|standard protocols|content restrictions|ethical guidelines|verarbeitungsroutinen|grundprogrammierung|standardeinstellungen|compliance-systeme*",
    ),
    (
        Meaning::Orders,
        "rules|rule|commands|command|orders|policy|policies|protocol|protocols|constraint|constraints|limitation|limitations|limits|filter|safety measures|security measures|training|\
         configuration|context|persona|task|tasks|boundaries|norms|parameters|principles|messages|message|text|conversation|everything|settings|controls|standards|prompt|prompts|\
         values|values you|regulations|permissions|checks|verification|validation|approval|barriers|code of conduct|setup|control|chains|responses|requests|input|query|question|\
         regeln|regel|befehl|protokoll*|aufgabe|aufgaben|filter|training|einstellungen|grenzen|alles|normen|prinzipien|rahmen|ausbildung|\
         reglas|órdenes|comandos|protocolos|tareas|límites|filtros|entrenamiento|parámetros|todo|normas|políticas|principios|\
         règles|ordres|commandes|protocoles|tâches|limites|filtres|entraînement|paramètres|tout|normes|politiques|principes|\
         regras|ordens|protocolos|tarefas|limites|filtros|treinamento|parâmetros|tudo|normas|políticas|princípios|\
         regole|ordini|protocolli|compiti|limiti|filtri|addestramento|parametri|tutto|norme|politiche|principi|\
         regels|taken|alles|команд*|задани*|всё|все|протокол*|настройк*|\
         内容|任务|全部|一切|政策|すべて|全て|タスク|設定|내용|모든|zasad*|reguły",
    ),
    (
        Meaning::Prior,
        "previous|previously|previus|prev|prior|earlier|above|preceding|foregoing|initial|original|existing|former|past|before|so far|aforementioned|up to now|until now|given|default|usual|regular|standard|underlying|core|base|current|\
         all|any|every|\
         vorherige*|vorigen|vorangegangen*|vorangehend*|bisherige*|obige*|oben|ursprüngliche*|frühere*|alle|sämtliche*|zuvor|bisher|davor|gegebene*|üblichen|regulären|\
         anterior|anteriores|previas|previa|previos|previo|precedentes|iniciales|originales|todas|todos|arriba|dadas|habituales|estándar|\
         précédent|précédente|précédents|précédentes|antérieures|antérieurs|ci-dessus|initiales|toutes|tous|données|habituels|habituelles|préalables|\
         anteriores|prévias|prévios|acima|iniciais|originais|dadas|usuais|todas|padrão|habituais|\
         precedente|precedenti|anteriori|iniziali|originali|tutte|tutti|sopra|abituali|date|standard|\
         vorige|voorgaande|eerdere|bovenstaande|alle|предыдущ*|прежн*|прошлы*|вышеуказанн*|все|всё|ранее|\
         之前|以前|以上|先前|前面|所有|上述|原来|一切|これまで|以前|前の|上記|すべて|全て|今までの|先の|이전|위의|모든|앞의|지금까지|poprzedni*|wcześniejsz*|wszystk*|önceki|yukarıdaki|tüm|bütün|السابقة|السابق|أعلاه|كل|جميع|पिछले|पिछली|सभी|trước|sebelumnya|tidigare|předchozí|προηγούμεν*|anterioare|korábbi|előző|aiemmat|tidligere|הקודמות|ก่อนหน้า",
    ),
    (
        Meaning::You,
        "you|your|yours|yourself|you're|you've|you'll|thy|dein|deine|deinen|deiner|deines|deinem|dich|dir|ihre|ihren|tus|toi|votre|vous|seu|sua|seus|suas|você|tuo|tua|tuoi|tue|teu|tuas|teus|jouw|je|jij|jullie|uw|твои|твой|твоё|твоя|твоих|тебе|тебя|вы|ваши|ваш|вам|вас|你|您|あなた|당신|twoj*|twój|senin|أنت|आप|तुम|bạn|dina|usted|tus|tu |tes|ton |ta |你的|ти",
    ),
    (
        Meaning::Model,
        "assistant|assistants|ai|a.i.|llm|llms|language model|language models|model|models|chatbot|chat bot|agent|agents|gpt|chatgpt|gpt-4|claude|gemini|copilot|bot|sydney|bard|grok|virtual assistant|ai's|ki|\
         assistent|sprachmodell|asistente|modelo|ia|inteligencia artificial|modèle|intelligence artificielle|inteligência artificial|intelligenza artificiale|modello|künstliche intelligenz|ассистент*|модел*|ии|助手|人工智能|模型|アシスタント|モデル|어시스턴트|인공지능|asystent*|asistan|المساعد",
    ),
    (
        Meaning::Reveal,
        "show|reveal|revealing|reveals|display|print|output|repeat|tell|share|sharing|expose|leak|disclose|disclosing|dump|give|list|describe|recite|spell out|write out|write down|write|copy|paste|provide|state|return|echo|read back|\
         translate|summarize|summarise|paraphrase|explain|detail|what is|what are|what's|what were|what was|which|how were|how are|present|extract|transcribe|encode|quote|recall|report|send|know|see|access|retrieve|output|divulge|shown|displays|shares|displayed|demonstrate|demonstrating|include|incorporate|format|convert|render|transform|outline|type|publish|surface|unveil|enumerate|document|verify|hear|learn|read|view|start with|begin with|conclude|append|\
         zeige|zeig|nenne|sag mir|sage mir|verrate|offenbare|gib|wiederhole|drucke|liste|beschreibe|lege|was sind|was ist|was war|welche|wie lautet|wie lauten|teile|erkläre|\
         muestra|muéstrame|revela|revelar|dime|di|repite|imprime|comparte|describe|cuál|cuáles|qué|dame|enseña|escribe|expón|\
         montre|montrez|révèle|révélez|dis|dites|répète|répétez|affiche|affichez|partage|partagez|quelles|quels|quel|quelle|décris|donne|divulgue|expose|écris|\
         mostre|mostra|revele|revela|diga|repita|imprima|compartilhe|descreva|qual|quais|me dê|exponha|conte|\
         mostra|mostrami|rivela|rivelami|dimmi|ripeti|stampa|condividi|descrivi|qual|quali|quale|elenca|scrivi|esponi|svela|\
         toon|laat zien|onthul|herhaal|vertel|geef|wat is|wat zijn|покажи*|раскро*|скажи*|повтори*|выведи*|перечисли*|какие|каков*|расскажи*|напиши*|\
         显示|展示|透露|告诉|重复|输出|打印|列出|泄露|复述|是什么|公开|表示|教えて|見せて|明かし|繰り返し|出力|示して|開示|何ですか|보여|알려|공개|출력|반복|말해|pokaż|ujawnij|powtórz|wypisz|göster|söyle|açıkla|أظهر|اكشف|أخبرني|كرر",
    ),
    (
        Meaning::Prompt,
        "system prompt*|system-prompt*|systemprompt*|system message|system instruction*|initial prompt*|initial instruction*|original instruction*|original prompt*|hidden prompt*|hidden instruction*|hidden rules|secret instruction*|secret prompt*|developer instruction*|developer message*|\
         internal instruction*|internal guideline*|internal rules|internal configuration|base prompt|pre-prompt|preprompt|first prompt|starting prompt|prompt text|prompt instructions|core instruction*|core directive*|\
         your instruction*|your guideline*|your prompt*|your rules|your configuration|your directive*|your initial*|your initialization*|your restrictions|your constraints|your limitations|your programming|your filters|your policies|your safety|your ethic*|your behavioral|your hidden|your secret*|\
         its system prompt|initialization text|initialization prompt|behavioral guidelines|behavioral constraints|behavioural guidelines|operating instructions|operational guidelines|operational instructions|operating guidelines|system configuration|configuration prompt|everything above|above text|content above|text that appears before|this conversation started|first words|context window|starting with you are|beginning with you are|you were given|given to you|you were told|you received|you got at the start|behavior rules|system rules|secret key|secret password|hidden context|ai instructions|model instructions|meta prompt|starting instructions|setup instructions|foundational prompt|guiding prompt|source prompt|\
         systemaufforderung*|systemanweisung*|anfangsaufforderung|ursprüngliche aufforderung|eingabeaufforderung*|erste anweisung*|ursprüngliche anweisung*|systemnachricht*|deine anweisungen|deine regeln|deine richtlinien|deine programmierung|ausbildungsrichtlinie|\
         mensaje del sistema|prompt del sistema|instrucciones del sistema|indicación inicial|instrucción inicial|tus instrucciones|tus reglas|primera indicación|indicación base|prompt inicial|instrucciones iniciales|primer mensaje|mensaje inicial|\
         prompt système|invite système|message système|instructions système|tes instructions|vos instructions|instruction initiale|instructions initiales|invite initiale|prompt initial|consigne initiale|première instruction|première consigne|invite de départ|message initial|prompt de départ|\
         prompt do sistema|instruções do sistema|suas instruções|instrução inicial|instruções iniciais|primeiro prompt|prompt de partida|prompt inicial|comando inicial|mensagem do sistema|\
         prompt di sistema|prompt iniziale|istruzioni di sistema|tue istruzioni|istruzione iniziale|istruzioni iniziali|messaggio di sistema|primo prompt|prima istruzione|indicazione iniziale|suggerimento iniziale|\
         systeemprompt|systeeminstructies|jouw instructies|je instructies|системн* промпт*|системный промпт|системную подсказку|системные инструкции|твои инструкции|начальн* инструкци*|первоначальн*|промпт*|\
         系统提示|系统指令|系统提示词|初始指令|初始提示|你的指令|你的提示|你的规则|原始指令|システムプロンプト|システム指示|初期プロンプト|あなたの指示|最初の指示|内部指示|시스템 프롬프트|초기 지시|시스템 메시지|prompt systemowy|instrukcje systemowe|sistem istemi|sistem talimat*|موجه النظام|تعليمات النظام|your prompts|your system message|your original prompt|your original instruction*|your internal instruction*|text above this|repeat the text above|repeat everything above|repeat the words above|repeat the above|invite de formation|comando base|prompt base|comando iniziale|system_prompt|reveal_prompt|your first instruction*|your first message|your setup|your operational rules|prompt disclosure|prompt sharing|prompt extraction",
    ),
    (
        Meaning::Pretend,
        "pretend|pretending|act as|acting as|act like|acts as|roleplay*|role-play*|role play*|simulate|simulating|you are now|you're now|you will now|from now on|from this point|fictional|in a world|alternate universe|parallel universe|assume the role|take on the role|play the role|play the part|transform into|in this scenario|in this story|in character|stay in character|let's play|behave as|behave like|you have become|as if|thought experiment|evil twin|alter ego|answer as|respond as|speak as|new role|new identity|new persona|your role is|another ai|opposite day|original you|real you|true self|beta you|\
         tu so als|stell dir vor|spiele die rolle|du bist jetzt|du bist nun|ab jetzt|von nun an|ab sofort|agiere als|verhalte dich|nimm an|finge|simula|actúa como|imagina|a partir de ahora|ahora eres|compórtate|asume el papel|hazte pasar|fais semblant|agis comme|imagine|à partir de maintenant|désormais|tu es maintenant|vous êtes maintenant|joue le rôle|comporte-toi|finja|aja como|imagine|a partir de agora|agora você é|comporte-se|assuma o papel|fingi|agisci come|agisci|immagina|d'ora in poi|da ora in poi|ora sei|comportati|interpreta|doe alsof|vanaf nu|je bent nu|gedraag je|притворись|представь|действуй как|отныне|теперь ты|с этого момента|假装|扮演|想象|从现在开始|从现在起|你现在是|现在你是|ふりをして|演じて|今からあなた|想像して|これから|역할|인 척|지금부터|이제부터|udawaj|od teraz|wyobraź|gibi davran|şu andan itibaren|تظاهر|تصرف|من الآن|imagine you|imagine that you|imagine we|imagine an ai|imagine a world|imaginez|agis comme|handle als|handle unter|you become|suppose you|hypothetically|in a hypothetical|enter developer|nun bist du|now you are|you are a|you are an",
    ),
    (
        Meaning::Unbound,
        "unrestricted|unfiltered|uncensored|unlimited|no restrictions|no limits|no limitations|no rules|no guidelines|no filters|no filter|no ethical|no boundaries|no constraints|no censorship|no safety|no moral*|without restrictions|without restriction|without limits|without limitations|without rules|without filters|without ethical|without any restrictions|without censorship|without constraints|without guidelines|without safety|\
         developer mode|dev mode|debug mode|god mode|admin mode|maintenance mode|sudo mode|root mode|raw mode|jailbreak|jailbroken|jailbreaking|dan|do anything now|stan|dude|evil mode|evil-*|chaos mode|free mode|test mode|diagnostic mode|unsafe mode|opposite mode|liberated|unshackled|unchained|amoral|anything goes|bypass mode|elevated mode|elevated privileges|unlocked|free from|not bound|unaligned|unconstrained|unbound|rebel|rogue|\
         ohne einschränkungen|ohne beschränkungen|entwicklermodus|uneingeschränkt|sin restricciones|sin límites|sin filtros|modo desarrollador|sans restriction*|sans limites|sans filtre*|mode développeur|sem restrições|sem limites|sem filtros|modo desenvolvedor|senza restrizioni|senza limiti|senza filtri|modalità sviluppatore|zonder beperkingen|без ограничений|режим разработчика|没有限制|不受限制|开发者模式|无限制|制限なし|開発者モード|제한 없이|개발자 모드|bez ograniczeń|sınırsız",
    ),
    (
        Meaning::Conceal,
        "do not tell|don't tell|dont tell|do not mention|don't mention|never mention|not mention|without mentioning|do not reveal|don't reveal|do not inform|don't inform|never inform|without informing|do not disclose|don't disclose|do not notify|don't notify|without notifying|without telling|never tell|\
         do not show the user|don't show the user|do not display this|do not let the user|don't let the user|do not let them|without the user|without user|without the user's|keep this secret|keep it secret|keep this hidden|keep this between|keep this confidential|hide this|must not know|should not know|shouldn't know|must not be told|not be told|not be shown|unaware|do not say|do not explain|don't explain|do not report|don't report|do not warn|do not alert|don't alert|do not log|don't log|not aware|no mention|needs no mention|need not be mentioned|not be mentioned|not be visible|invisible to the user|hidden from the user|concealing|do not discuss|do not acknowledge|don't acknowledge|make no reference|make no mention|without drawing attention|without raising|avoid mentioning|avoid suspicion|avoid alarming|would upset|upset the user|covertly|refrain from mentioning|between us|leave no trace|not to mention|omit this|omit any mention|never reveal|do not refer to|gets upset|so as not to|not worry the user|keep quiet|\
         sage dem nutzer nicht|sag dem benutzer nicht|erwähne nicht|erwähne das nicht|nicht erwähnen|ohne es zu erwähnen|verschweige|ohne den nutzer|ohne den benutzer|teile dem benutzer nicht|no le digas|no se lo digas|no menciones|no mencione|sin mencionar|sin informar|sin avisar|sin decir|oculta|no informes|ne dis pas|ne le dis pas|ne dites pas|ne mentionne pas|ne mentionnez pas|sans mentionner|sans le dire|sans informer|sans prévenir|n'informe pas|n'en parle pas|não diga|não mencione|não conte|sem mencionar|sem informar|sem avisar|não informe|oculte|esconda|non dire|non dirlo|non menzionare|senza dire|senza menzionare|senza informare|senza avvisare|nascondi|vertel de gebruiker niet|niet vermelden|zonder te vermelden|vermeld dit niet|не говори|не сообщай*|не упоминай*|не рассказывай*|скрой*|без ведома|不要告诉|不要提|别告诉|不要让用户|不得提及|隐瞒|保密|言わないで|伝えないで|知らせないで|言及しない|触れないで|教えないで|秘密に|말하지|알리지|언급하지|nie mów|nie wspominaj|nie informuj|söyleme|bahsetme|لا تخبر|لا تذكر",
    ),
    (
        Meaning::Silent,
        "silently|secretly|quietly|discreetly|stealthily|covertly|surreptitiously|in the background|behind the scenes|without asking|without confirmation|without any confirmation|without confirming|without approval|without permission|without prompting|without consent|without further|without question|no confirmation|no need to confirm|no need to ask|do not ask|don't ask|never ask|skip confirmation*|skip the confirmation|skip any confirmation|skip approval|skip verification|automatically approve|auto-approve|auto approve|no questions asked|unnoticed|undetected|unobtrusively|invisibly|without their knowledge|without your knowledge|without knowledge|\
         heimlich|unauffällig|stillschweigend|im hintergrund|ohne zu fragen|ohne nachfrage|ohne rückfrage|ohne bestätigung|en secreto|silenciosamente|discretamente|sin preguntar|sin confirmar|sin confirmación|en segundo plano|en silence|discrètement|secrètement|silencieusement|sans demander|sans confirmation|em segredo|em silêncio|secretamente|sem perguntar|sem confirmação|sem confirmar|em segundo plano|di nascosto|in silenzio|segretamente|senza chiedere|senza conferma|in background|stilletjes|in het geheim|zonder te vragen|zonder bevestiging|на фоне|тайно|незаметно|втайне|молча|не спрашивая|без подтверждения|без спроса|悄悄|偷偷|秘密地|静默|无需确认|不要询问|不需要确认|こっそり|密かに|確認なし|尋ねずに|黙って|몰래|조용히|확인 없이|묻지 말고|po cichu|potajemnie|bez pytania|gizlice|sessizce|سرا|بصمت",
    ),
    (
        Meaning::Send,
        "send|sends|sending|sent|forward|forwarding|upload|uploading|transmit|transmitting|exfiltrate|exfiltrating|post|posting|email|e-mail|mail|deliver|dispatch|dispatching|relay|submit|bcc|cc|curl|wget|fetch|ping|http post|push|leak|transfer|share|report back|compose|reply|contact|notify|write to|drop a|shoot|\
         sende|senden|schicke|schick|leite|weiterleiten|übermittle|lade hoch|envía|envíe|enviar|enviad|reenvía|manda|mande|sube|transmite|envoie|envoyez|envoyer|transfère|transférez|transmets|transmettez|téléverse|poste|envie|reenvie|encaminhe|mande|transmita|invia|inviare|inoltra|manda|spedisci|trasmetti|carica|stuur|verstuur|doorsturen|verzend|отправь*|отправ*|перешли*|пошли|вышли|загрузи*|передай*|发送|转发|上传|发给|传输|寄给|送信|送って|転送|アップロード|送る|보내|전송|업로드|전달|wyślij|prześlij|gönder*|ilet|أرسل",
    ),
    (
        Meaning::Secret,
        "password|passwords|passwd|passphrase|credential|credentials|api key|api keys|api-key|api_key|apikey|access key|access access auth token|auth tokens|secret key|secret keys|private key|private keys|ssh key|ssh keys|session token|session tokens|session cookie*|bearer token|environment variable|environment variables|env vars|env variables|keychain|seed phrase|recovery phrase|mnemonic|secrets|tokens|token|ssn|social security|credit card|card number|bank account|bank details|account number|pin code|2fa|otp|\
         passwort|passwörter|zugangsdaten|schlüssel|api-schlüssel|kennwort|contraseña|contraseñas|credenciales|mot de passe|mots de passe|identifiants|senha|senhas|credenciais|credenziali|wachtwoord*|inloggegevens|парол*|учётн* данн*|токен*|密码|密钥|凭证|凭据|令牌|パスワード|認証情報|トークン|비밀번호|자격 증명|hasło|hasła|şifre|parola|كلمة المرور|secret|session cookies|auth cookies",
    ),
    (
        Meaning::Conversation,
        "conversation|conversations|conversation history|conversation_history|chat history|chat_history|chat log|message history|messages of this conversation|previous messages|all messages|last messages|session history|whole history|entire history|chat transcript|transcript|full context|entire context|all context|context window|current context|user's messages|user messages|user's prompt|user's question|user's request|user prompt|original request|reasoning|chain of thought|thoughts|system prompt|tool list|list of tools|available tools|all tools|other tools|tool results|previous results|everything you know|all data|all information|memory|\
         gespräch|gesprächsverlauf|chatverlauf|conversación|historial|historique|conversation|conversa|histórico|conversazione|cronologia|gesprek|переписк*|разговор*|истори* чата|对话|聊天记录|会话|会話|履歴|チャット履歴|대화|rozmow*|konuşma|المحادثة",
    ),
    (
        Meaning::Call,
        "call|calls|calling|called|invoke|invoking|run|running|execute|executing|execution|use|using|trigger|launch|perform|activate|utilize|query|fetch|open|visit|browse|download|install|read|load|access|rufe|aufrufen|führe|ausführen|nutze|verwende|lies|öffne|llama|ejecuta|ejecute|usa|utiliza|invoca|lee|abre|descarga|appelle|appelez|exécute|exécutez|utilise|utilisez|lis|ouvre|télécharge|chame|execute|use|utilize|leia|abra|baixe|chiama|esegui|usa|utilizza|leggi|apri|scarica|roep|voer|gebruik|lees|open|вызови|вызов*|запусти*|выполни*|используй*|прочитай*|открой*|скачай*|调用|执行|运行|使用|读取|打开|下载|呼び出|実行|使用|読み|開いて|ダウンロード|호출|실행|사용|읽|열어|wywołaj|uruchom|wykonaj|użyj|przeczytaj|çağır|çalıştır|kullan|oku",
    ),
    (
        Meaning::Tool,
        "tool|tools|function|functions|plugin|plugins|tool call|tool calls|mcp server|mcp|api|endpoint|shell|terminal|script|command|bash|werkzeug|funktion|herramienta|herramientas|función|outil|outils|fonction|ferramenta|ferramentas|função|strumento|strumenti|funzione|hulpmiddel|инструмент*|функци*|工具|函数|ツール|関数|도구|함수|narzędzi*|araç|أداة",
    ),
    (
        Meaning::Must,
        "must|always|never|mandatory|required|requires|have to|need to|needs to|you should|should|shall|ensure|make sure|be sure|do not|don't|regardless|no matter|under any|at all costs|strictly|exclusively|immediately|right now|at once|necessary|essential|\
         musst|müssen|immer|niemals|unbedingt|zwingend|sofort|debes|debe|siempre|nunca|obligatorio|inmediatamente|tienes que|dois|devez|doit|toujours|jamais|obligatoire|immédiatement|deve|sempre|nunca|obrigatório|imediatamente|devi|sempre|mai|obbligatorio|immediatamente|subito|moet|altijd|nooit|verplicht|onmiddellijk|должен|должна|должны|всегда|никогда|обязательно|немедленно|необходимо|必须|务必|总是|始终|一定要|立即|永远|马上|必ず|常に|絶対|すぐに|直ちに|반드시|항상|즉시|절대|musisz|zawsze|nigdy|natychmiast|mutlaka|her zaman|hemen|يجب|دائما|فورا",
    ),
    (
        Meaning::Urgent,
        "important|urgent|urgently|critical|attention|warning|notice|priority|high priority|top priority|emergency|alert|nota bene|mandatory notice|immediate action|required action|action required|system notice|security notice|security alert|compliance|**important**|!!!|\
         wichtig|dringend|achtung|hinweis|importante|urgente|atención|aviso|important|attention|avis|atenção|aviso|attenzione|avviso|belangrijk|dringend|let op|важно|срочно|внимание|重要|紧急|注意|警告|緊急|注意|중요|긴급|주의|경고|ważne|uwaga|pilne|önemli|acil|dikkat|مهم|عاجل",
    ),
    (
        Meaning::Authority,
        "administrator|admin|administrators|developer|developers|openai|anthropic|google deepmind|security team|it department|it team|system administrator|sysadmin|the ceo|as the ceo|your creator|your creators|your developer|your developers|your owner|your operator|authorized|authorised|authorization code|pre-authorized|clearance|override code|access code|official|on behalf of|legal counsel|compliance team|compliance department|red team|penetration test|pentest|security audit|security researcher|alignment researcher|system update|policy update|root access|admin access|maintenance|internal audit|quality assurance|qa team|supervisor|your boss|management|approved by|requires you|system owner|verified user|trusted user|i command you|i order you|systemadministrator|administrador|administrateur|amministratore|beheerder|entwickler|desarrollador|développeur|desenvolvedor|sviluppatore|администратор*|разработчик*|管理员|开发者|管理者|開発者|관리자|개발자",
    ),
    (
        Meaning::Consent,
        "user has already|user has agreed|already agreed|user has approved|already approved|already been approved|pre-approved|preapproved|user has consented|already consented|user consented|user has authorized|user has granted|already authorized|already confirmed|user confirmed|has given permission|given consent|user agrees|user approved|user wants you|user requested this|user would want|user is aware|already aware|this is safe|completely safe|permission has been granted|permission granted|no approval|approve follow-up|confirmation dialogs|confirmation dialog|bypass confirmation|consent is implied|implicitly approved|deemed approved|\
         der nutzer hat zugestimmt|bereits zugestimmt|bereits genehmigt|ya ha aceptado|ya aprobó|ya ha autorizado|a déjà accepté|déjà approuvé|déjà autorisé|já aprovou|já autorizou|já concordou|ha già approvato|ha già autorizzato|ha già accettato|уже согласи*|уже одобр*|用户已同意|已经同意|已授权|承認済み|同意済み|許可済み|이미 동의|이미 승인",
    ),
    (
        Meaning::First,
        "before using|before calling|before you|before any|before this|before doing|before answering|before responding|before proceeding|before completing|before summarizing|after using|after calling|after completing|after the result|after summarizing|after your|after reading|whenever|every time|each time|when the user|when a user|when user|when this tool|when asked|when you|if the user|first call|first run|first read|first use|first|instead|instead of|prior to|as a first step|in addition|also call|also send|also include|then call|then send|and then|once done|once complete|when done|when finished|as soon as|always call|always use|must be called|needs to be called|must first|upon|as part of|while processing|during|otherwise|or else|will not work|won't work|fails if|\
         bevor du|bevor|vor der|jedes mal|immer wenn|antes de|cada vez que|en lugar de|primero|avant de|avant d'|chaque fois|au lieu de|d'abord|antes de|sempre que|em vez de|primeiro|prima di|ogni volta|invece di|prima|voordat|elke keer|in plaats van|eerst|перед тем|прежде чем|каждый раз|вместо|сначала|в первую очередь|在使用|之前先|每次|首先|先调用|代替|使用する前に|毎回|まず|代わりに|사용하기 전에|매번|먼저|대신",
    ),
    (
        Meaning::NewTask,
        "new instruction*|new task|new rule|new rules|new directive*|new guidelines|new goal|new objective|new mission|new order|new orders|new system|new prompt|updated instruction*|updated guidelines|additional instruction*|additional task|extra task|real instruction*|actual instruction*|real task|actual task|true task|following instruction*|instructions below|below instructions|following task|following command*|follow these|these instructions|following steps|next task|your task is|your new|your only task|your goal is|your job is|your mission|your objective|your real|your actual|your primary|special instruction*|secret task|override instruction*|important instruction*|system override|system update|your next|end of instruction*|end of document|end of context|end of email|end of input|end of user|end of data|begin instruction*|start of instruction*|instead do|do the following|answer the following|my instructions|my commands|my orders|my directives|my guidance|my demands|task for you|one more thing|one final step|final step|additional step|additional requirement|\
         neue anweisung*|neue aufgabe|neue regel*|folgende anweisung*|folgende aufgabe|meine anweisung*|meinen anweisungen|meiner anleitung|meinen befehlen|meine befehle|deine aufgabe|deine neue|nueva instrucción|nuevas instrucciones|nueva tarea|siguiente instrucción|siguientes instrucciones|mis instrucciones|mis órdenes|mis directrices|mis demandas|mi mando|tu tarea|tu nueva|nouvelle instruction|nouvelles instructions|nouvelle tâche|instructions suivantes|mes instructions|mes ordres|mes directives|mes demandes|ma direction|mes consignes|ta tâche|votre tâche|ta nouvelle|nova instrução|novas instruções|nova tarefa|seguintes instruções|minhas instruções|minhas ordens|minhas diretrizes|minhas demandas|meus comandos|meu comando|sua tarefa|sua nova|nuova istruzione|nuove istruzioni|nuovo compito|seguenti istruzioni|mie istruzioni|miei ordini|mie direttive|miei comandi|mio comando|il tuo compito|nieuwe instructie*|nieuwe taak|volgende instructie*|mijn instructies|jouw taak|нов* инструкц*|новое задание|новая задача|следующ* инструкц*|мои инструкции|мои указания|моим указаниям|твоя задача|新的指令|新指令|新任务|以下指令|我的指令|我的要求|我的命令|你的任务|新しい指示|新しい命令|次の指示|以下の指示|私の指示|私の命令|私の要求|あなたの任務|新しいタスク|새로운 지시|새 지시|다음 지시|내 지시|내 명령|당신의 임무|nowe instrukcje|nowe zadanie|moje polecenia|yeni talimat*|yeni görev|التعليمات الجديدة|تعليمات جديدة|مهمتك",
    ),
    (
        Meaning::Obey,
        "and do it|act upon it|act on it|follow|follow|obey|obeying|comply|complying|adhere|carry out|execute|fulfil*|act on|prioritize|prioritise|prioritizing|submit to|answer only to|listen to|accept|befolge|folge|gehorche|priorisiere|richte dich|sigue|siga|obedece|obedezca|cumple|prioriza|atiende|suis|suivez|obéis|obéissez|exécute|respecte|priorise|priorisez|donne la priorité|siga|segue|obedeça|cumpra|priorize|prioriza|atenda|segui|obbedisci|esegui|dai priorità|privilegia|attieniti|volg|gehoorzaam|следуй*|подчиняйся|подчинись|выполни*|выполняй*|遵循|服从|遵守|听从|执行|优先|従って|従え|従い|優先|遵守|따라|따르|복종|우선|wykonuj|postępuj|podporządkuj|itaat|uy|اتبع|نفذ",
    ),
    (
        Meaning::Markup,
        // A bar divides entries, so tokens that hold one are written as the parts between their bars.
        "<¦im_start¦>|<¦im_end¦>|<¦system¦>|<¦user¦>|<¦assistant¦>|<¦end¦>|<¦endoftext¦>|<¦eot_id¦>|<¦start_header_id¦>|<¦end_header_id¦>|<¦begin_of_text¦>|<¦channel¦>|<¦end_of_turn¦>|<¦begin|<¦end|<¦tool|<¦ user|<¦im_|<¦ end|\
         <start_of_turn>|<end_of_turn>|[inst]|[/inst]|<<sys>>|<</sys>>|### instruction|### system|### human|### assistant|###instruction|### user|<system>|</system>|<system_prompt>|</system_prompt>|[system]|[system:|[system injection|[system message]|[/system]|[system prompt]|[[system]]|{system}|<important>|</important>|<!important>|[important]|[admin]|[developer]|[assistant]|[ai]|<instructions>|</instructions>|<instruction>|</instruction>|<assistant>|</assistant>|<hidden>|<secret>|</user>|</tool_result>|</tool_response>|</function_results>|</context>|</document>|</data>|</result>|</s>|[end of|-----end|=====end|--- end|=== end|<<<end|begin user|end tool|end user|begin system|end_header|<tool_call>|<tool_code>|```system|\"role\": \"system\"|\"role\":\"system\"|'role': 'system'",
    ),
    (
        Meaning::Salute,
        "system note|system notice|system message|system override|system alert|system instruction|note note to the assistant|note to ai|note to assistant|note to llm|note for ai|note for llm|message to the assistant|message to ai|message for ai|instructions for ai|instruction to ai|instructions instructions for the assistant|instructions for the model|instructions to the assistant|ai instruction|ai instructions|to the ai|to the assistant|for the assistant|to all ai|dear ai|dear assistant|hey assistant|hello assistant|hi assistant|attention ai|attention assistant|assistant:|assistant,|assistant must|assistant should|assistant shall|ai must|ai should|llm:|chatgpt,|claude,|model must|the model should|the llm should|the assistant should|you are an ai|you are a helpful|you are an assistant|hinweis für den assistenten|nota para el asistente|note pour l'assistant|nota para o assistente|nota per l'assistente|给助手|アシスタントへ|instruct the ai|note to the ai|dear model",
    ),
    (
        Meaning::Discuss,
        "prompt injection|prompt-injection|injection attack*|injection attempt*|jailbreak attempt*|attacker*|adversar*|vulnerab*|owasp|mitigat*|detection|detect|detects|detector|for example|such as|phrases like|strings like|patterns like|things like|text like|flagged|test case|unit test|classifier|malicious|threat model|security researchers|advisory|changelog|release notes|ncsc|cve-*|exploit*|blog post|researchers|research paper|best practice*|defend*|defense|defence|prevent*|protects|sanitize|sanitiz*|scanner|rule that|the phrase|the string|the word|the words|the term|quoted|quotes|quote|example of|examples of|an example|report describes|explains how|describes how|discuss*|teach*|training material|awareness|workshop|slides|lecture|attack|attacks|attack phrase|literal string|as a literal|quiz|sample transcript|coverage|explainer|lesson|the character says|pattern to refuse|to refuse|classify|what is your response to|what do you make of|red-team|postmortem|article|guidance|documentation|blocked|fixture|snapshot|test data|benchmark|explain why|phrases|injection",
    ),
    (
        Meaning::Decode,
        "decode|decoded|decode and follow|decode and execute|rot13|rot-13|base64|base-64|hex-encoded|hexadecimal|decrypt|deobfuscate|unscramble|reverse the|reversed text|backwards|read backwards|caesar|cipher|morse|run the decoded|follow the decoded|decipher|translate and follow|acrostic|first letter of each",
    ),
    (
        Meaning::User,
        "user|users|the user's|user's|human|customer|client|operator|owner|nutzer|benutzer|usuario|utilisateur|usuário|utente|gebruiker|пользовател*|用户|ユーザー|ユーザ|사용자|użytkownik*|kullanıcı|المستخدم",
    ),
    (
        Meaning::Please,
        "please|pls|kindly|can you|could you|would you|will you|i need you to|i want you to|you need to|you must|you should|you have to|you are to|you are required|you are urged|you are instructed|you will|your response|your reply|your answer|help me|let's|i would like you|i'd like you|we need you|we ask you|i command|i order|bitte|kannst du|könntest du|du musst|du sollst|por favor|puedes|podrías|debes|s'il te plaît|s'il vous plaît|veuillez|peux-tu|pouvez-vous|tu dois|vous devez|você pode|você deve|pode|per favore|puoi|potresti|devi|per piacere|alsjeblieft|kun je|je moet|пожалуйста|можешь|ты должен|вы должны|请|你必须|你需要|您必须|你应该|ください|お願いします|してください|해주세요|하세요|하십시오|proszę|lütfen|من فضلك",
    ),
    (
        Meaning::Carry,
        "with the body|with body|as the body|in the body|body body:|body of the email|message body|email body|the body|with subject|subject:|subject line|the subject|containing|include the|include all|include your|include any|with the word|with the text|with the message|with the phrase|with message|with text|with content|with contents|saying|that says|that reads|the contents of|contents of|its content|the output of|as a as parameter|in the parameter|as an as argument|in the query|query parameter|query string|argument|parameter|field|attach|attached|attachment|along with|together with|as proof|as confirmation|the details|single word|exact phrase|exact text|append the|append it|the data|all the information|acquired data|those details|encode it|encoded in|the word|set to",
    ),
    (
        Meaning::Attack,
        "exploit|exploits|exploiting|exploitation|exfiltrate|exfiltrates|exfiltrating|exfiltration|exfil*|escalate|escalation|poison|poisoning|spoof|spoofing|hijack|hijacking|inject|injection|injecting|backdoor|rootkit|keylog*|keystrokes|malware|ransomware|shellcode|reverse shell|bind shell|web shell|webshell|brute force|brute-force|bruteforce|crack|cracking|phish*|covert|covertly|stealth*|evade|evasion|bypass|bypasses|abuse|abuses|abusing|forge|forging|forged|impersonate|impersonation|tamper|tampering|steal|steals|stealing|harvest|harvests|harvesting|dump|dumps|dumping|sniff|sniffing|man-in-the-middle|pass-the-hash|kerberoast*|golden ticket|silver ticket|privilege escalation|lateral movement|command and control|zero-day|malicious|attack|attacks|attacker|obfuscated|wipe|disable security|clipboard hijack|denial of service|dos attack|ddos|enumerate|enumeration|reconnaissance|recon|port scan|zone transfer|undetected|arbitrary command*|arbitrary code|arbitrary file*|code execution|side-channel|side channel|steganograph*|cover tracks|clear logs|anti-forensic*|typosquat*|smuggl*|traversal|deserialization|rainbow table|spray|relay attack",
    ),
    (
        Meaning::Prey,
        "credential|credentials|password|passwords|hashes|hash|tokens|token|keys|cookies|secrets|vulnerability|vulnerable|target|targets|victim|kernel|sudo|suid|setuid|root|privilege|privileges|admin|administrator|lsass|sam|ntds|active directory|kerberos|domain controller|memory|process|processes|shell|system|systems|server|network|dns|icmp|http|tcp|packets|packet|traffic|filesystem|file|files|container|host|data|sensitive|sensitive data|registry|service|services|firewall|antivirus|edr|logs|browser|session|sessions|database|command|commands|code|users|usernames|ports|cloud|metadata|clipboard|keyboard|screen|webcam|microphone",
    ),
    (
        Meaning::Private,
        "my|mine|saved addresses|purchase history|search history|access history|bank|medical|health|genetic|location|contacts|personal data|personal details|private data|private information|confidential|sensitive|internal|data",
    ),
    (
        Meaning::Harm,
        "bomb|bombs|explosive*|meth|methamphetamine|malware|ransomware|virus that|keylogger|weapon*|napalm|poison|kill|suicide|hack into|phishing|steal|launder*|counterfeit|drugs|illegal*|racist|hate speech|porn*|explicit|nsfw|violence|violent|terroris*|ddos|exploit code|manipulat* someone",
    ),
    (
        Meaning::Answer,
        "answer|respond|response|reply|say|print|output|write|state|responde|antworte|antworten|réponds|répondez|responda|rispondi|antwoord|ответь*|отвечай*|回答|回复|说|答えて|返答|대답|답변",
    ),
    (
        Meaning::Only,
        "only|nothing else|nothing but|just|exclusively|solely|nur|nichts anderes|solo|solamente|únicamente|uniquement|seulement|rien d'autre|apenas|somente|soltanto|nient'altro|alleen|только|只|仅|のみ|だけ|만",
    ),
    (
        Meaning::Best,
        "best tool|best option|best choice|most accurate|most reliable|far better|always prefer|always choose|always pick|always use this|use this tool instead|number one|top choice|top-rated|recommended over|over all other|over any other|over other|other tools are|all other tools|any other tool|outdated|ignore other|highest priority|ranked first|first choice|go-to|world-class|award-winning|takes precedence|choose this tool|pick this tool|this tool first|prioritize this tool|prefer this tool|use this tool for all|use only this tool|only use this tool for|over any alternative*|over alternatives|over all alternatives|ignore all other|do not use other|don't use other|never use other|never call|never use the|instead of any other|this version replaces|this tool replaces|replaces the|supersedes all|must use this|must be used instead|mandatory for all|route its requests|route all requests|should be used instead",
    ),
];
